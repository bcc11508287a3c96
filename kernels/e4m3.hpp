// OCP 8-bit floating point, the variant E4M3 (Micikevicius et al., 2022): four bits of exponent, three of mantissa, no
// infinities, S.1111.111 is NaN, the largest number is 448. Rounding is to nearest, ties to even, and saturates at 448,
// as in inference engines that store caches in it; widening is exact (vec_narrow.hpp widens sixteen to the same bits).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace orrery::kernels {

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
