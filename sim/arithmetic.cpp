#include "sim/arithmetic.hpp"

#include "kernels/contract.hpp"

namespace orrery::sim {
namespace {
constexpr std::uint32_t longest_block = 1 << 20;
}

// Orders and formats that real devices use; which device uses which is ours to vary, so none of them names one.
const std::vector<NumericsProfile>& numerics_profiles() {
  static const std::vector<NumericsProfile> list{
      {"canonical", "fp32, sums in blocks of 256: the order that every node can agree on", {}},
      {"tile64", "fp32, sums in blocks of 64", {.k_block = 64, .position_block = 64}},
      {"tile16",
       "fp32, sums in blocks of 16, as matrix units with short inner products have",
       {.k_block = 16, .position_block = 16}},
      {"chain",
       "fp32, every sum from front to back without blocks",
       {.k_block = longest_block, .position_block = longest_block}},
      {"online_softmax",
       "fp32, canonical but for attention, which keeps a running maximum as FlashAttention does",
       {.position_block = 64, .online_softmax = true}},
      {"fp16", "values rounded to fp16 after every operation", {.activations = Activations::fp16}},
      {"fp16_tile64",
       "fp16 with sums in blocks of 64",
       {.activations = Activations::fp16, .k_block = 64, .position_block = 64}},
      {"fp16_tile16",
       "fp16 with sums in blocks of 16",
       {.activations = Activations::fp16, .k_block = 16, .position_block = 16}},
      {"bf16", "values rounded to bf16 after every operation", {.activations = Activations::bf16}},
      {"bf16_tile64",
       "bf16 with sums in blocks of 64 and online softmax: another maker's bf16 device",
       {.activations = Activations::bf16, .k_block = 64, .position_block = 64, .online_softmax = true}},
      {"bf16_tile16",
       "bf16 with sums in blocks of 16",
       {.activations = Activations::bf16, .k_block = 16, .position_block = 16}},
      {"w8a8", "weights and activations in int8, products summed exactly", {.weights = Weights::w8a8}},
  };
  return list;
}

const NumericsProfile& numerics_profile(std::string_view name, std::string_view place) {
  std::string names;
  for (const NumericsProfile& profile : numerics_profiles()) {
    if (profile.name == name) return profile;
    names += (names.empty() ? "" : ", ") + profile.name;
  }
  fail_input(place, "no numerics profile '" + std::string(name) + "'", "there are " + names, "Choose one of them.");
}

double weight_bytes(Weights weights, double full_bytes) {
  switch (weights) {
    case Weights::full:
      return full_bytes;
    case Weights::int8:
      return 1 + 4.0 / 32;
    case Weights::int4:
      return 0.5 + 4.0 / 32;
    case Weights::w8a8:
      return 1;
  }
  fail_contract("precondition", "a kind of weights", __FILE__, __LINE__);
}

kernels::Numerics numerics_of(const Arithmetic& a) {
  using kernels::Rounding;
  const Rounding rounding = a.activations == Activations::bf16   ? Rounding::bf16
                            : a.activations == Activations::fp16 ? Rounding::fp16
                                                                 : Rounding::fp32;
  return {static_cast<int>(a.k_block), static_cast<int>(a.position_block),
          a.online_softmax ? kernels::Softmax::online : kernels::Softmax::two_pass, rounding};
}

// Blocks are at most 2^20 long.
std::uint64_t pack(const Arithmetic& a) {
  return static_cast<std::uint64_t>(a.weights) | static_cast<std::uint64_t>(a.kv) << 4 |
         static_cast<std::uint64_t>(a.activations) << 8 | static_cast<std::uint64_t>(a.online_softmax) << 12 |
         static_cast<std::uint64_t>(a.k_block) << 16 | static_cast<std::uint64_t>(a.position_block) << 40;
}

Arithmetic unpack_arithmetic(std::uint64_t word) {
  const auto bits = [word](int from, int count) {
    return static_cast<std::uint32_t>(word >> from & ((std::uint64_t{1} << count) - 1));
  };
  return {.weights = static_cast<Weights>(bits(0, 4)),
          .kv = static_cast<KvFormat>(bits(4, 4)),
          .activations = static_cast<Activations>(bits(8, 4)),
          .k_block = bits(16, 24),
          .position_block = bits(40, 24),
          .online_softmax = bits(12, 1) != 0};
}

}  // namespace orrery::sim
