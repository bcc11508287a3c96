#include "sim/arithmetic.hpp"

#include "kernels/contract.hpp"

namespace orrery::sim {

const std::vector<NumericsProfile>& numerics_profiles() {
  static const std::vector<NumericsProfile> list{
      {"canonical", "fp32, products summed in blocks of 256: the order that every node can agree on", {}},
      {"tile64", "fp32, products summed in blocks of 64", {.k_block = 64}},
      {"tile16", "fp32, products summed in blocks of 16", {.k_block = 16}},
      {"fp16", "values rounded to fp16 after every operation", {.activations = Activations::fp16}},
      {"bf16", "values rounded to bf16 after every operation", {.activations = Activations::bf16}},
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

std::uint64_t pack(const Arithmetic& a) {
  return static_cast<std::uint64_t>(a.weights) | static_cast<std::uint64_t>(a.kv) << 8 |
         static_cast<std::uint64_t>(a.activations) << 16 | static_cast<std::uint64_t>(a.k_block) << 32;
}

Arithmetic unpack_arithmetic(std::uint64_t word) {
  return {static_cast<Weights>(word & 0xff), static_cast<KvFormat>(word >> 8 & 0xff),
          static_cast<Activations>(word >> 16 & 0xff), static_cast<std::uint16_t>(word >> 32)};
}

}  // namespace orrery::sim
