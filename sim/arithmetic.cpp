#include "sim/arithmetic.hpp"

#include "kernels/contract.hpp"

namespace orrery::sim {

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
