// With which numbers a node computes: the precision of its weights, of its KV cache and between operations, and the
// order in which it sums. Two honest devices differ in the last of these; a cheat differs in the first ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/cpu.hpp"

namespace orrery::sim {

// How weights are held. int8 and int4: groups of 32 along a row with a common scale, multiplied with activations that
// are rounded to int8 in such groups (kernels/gemm.hpp). w8a8: one scale a row of weights and one a row of activations,
// so that a product's sums are plain integers.
enum class Weights : std::uint8_t { full, int8, int4, w8a8 };
// fp8: e4m3 with a scale a head and position (absmax / 448).
enum class KvFormat : std::uint8_t { fp32, fp8 };
// What values are rounded to after every operation.
enum class Activations : std::uint8_t { fp32, bf16, fp16 };

struct Arithmetic {
  Weights weights = Weights::full;
  KvFormat kv = KvFormat::fp32;
  Activations activations = Activations::fp32;
  std::uint32_t k_block = 256;         // products sum over blocks of this length (kernels/gemm.hpp)
  std::uint32_t position_block = 256;  // attention over blocks of so many positions (kernels/attention.hpp),
  bool online_softmax = false;         // each against the largest score so far instead of that of all
  friend bool operator==(const Arithmetic&, const Arithmetic&) = default;
};

// A device whose sums differ in the last bits, by name: what honest nodes compute with.
struct NumericsProfile {
  std::string name;
  std::string what;
  Arithmetic arithmetic;
};
const std::vector<NumericsProfile>& numerics_profiles();
// InputError at `place` that lists the names.
const NumericsProfile& numerics_profile(std::string_view name, std::string_view place);

// What the kernels are told.
kernels::Numerics numerics_of(const Arithmetic& arithmetic);

// Bytes of a weight, where it is held with full precision in `full_bytes`.
double weight_bytes(Weights weights, double full_bytes);

// All of it in one word, for commands to ranks.
std::uint64_t pack(const Arithmetic& arithmetic);
Arithmetic unpack_arithmetic(std::uint64_t word);

}  // namespace orrery::sim
