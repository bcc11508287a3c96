// Numbers narrower than fp32: how one is rounded to them and widened back. Rounding is to nearest, ties to even;
// widening is exact. vec_narrow.hpp widens sixteen at a time to the same bits.
//
//   bf16   8 bits of exponent, 7 of mantissa: the upper half of an fp32.
//   fp16   IEEE 754 binary16; beyond 65,504 infinity.
//   e4m3   OCP 8-bit floating point (Micikevicius et al., 2022), the E4M3 variant: no infinities, S.1111.111 is NaN,
//   the
//          largest number is 448. Rounding saturates there, as inference engines do that store caches in it.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace orrery::kernels {

inline std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = bits + 0x7FFFU + (bits >> 16 & 1U);  // half of the last place, and even on a tie
  const std::uint32_t quiet = bits | 0x400000U;                      // rounding could turn a NaN into infinity
  return static_cast<std::uint16_t>((std::isnan(value) ? quiet : rounded) >> 16);
}

inline float from_bf16(std::uint16_t half) { return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16); }

// The nearest fp16, as an fp32.
inline float round_to_fp16(float value) {
  const float size = std::fabs(value);
  if (!(size < 65520.0F)) return std::isnan(value) ? value : std::copysign(HUGE_VALF, value);
  // Below 2^-14 an fp16 has no more than multiples of 2^-24: the last place of numbers in [0.5, 1).
  if (size < 0x1p-14F) return std::copysign((size + 0.75F) - 0.75F, value);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0xFFFU + (bits >> 13 & 1U)) & ~0x1FFFU);
}

inline std::uint8_t to_e4m3(float value) {
  const auto sign = static_cast<std::uint8_t>(std::signbit(value) ? 0x80 : 0);
  if (std::isnan(value)) return sign | 0x7FU;
  const float size = std::fmin(std::fabs(value), 448.0F);
  // Below 2^-6 only multiples of 2^-9 are left; adding and taking away 1.5 * 2^23 rounds to an integer.
  constexpr float magic = 12582912.0F;
  if (size < 0x1p-6F) return sign | static_cast<std::uint8_t>(size * 512.0F + magic - magic);
  const auto bits = std::bit_cast<std::uint32_t>(size);
  return sign | static_cast<std::uint8_t>(((bits + 0x7FFFFU + (bits >> 20 & 1U)) >> 20) - (120U << 3));
}

inline float from_e4m3(std::uint8_t code) {
  const std::uint32_t exponent = code >> 3 & 0xFU, mantissa = code & 7U;
  const float sign = (code & 0x80U) != 0 ? -1.0F : 1.0F;
  if ((code & 0x7FU) == 0x7FU) return std::numeric_limits<float>::quiet_NaN();
  if (exponent == 0) return sign * static_cast<float>(mantissa) * 0x1p-9F;
  return sign * std::bit_cast<float>((exponent + 120U) << 23 | mantissa << 20);
}

}  // namespace orrery::kernels
