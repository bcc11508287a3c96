#include "kernels/codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace orrery::kernels::ref {
namespace {

template <class T>
std::byte* put(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

template <class T>
const std::byte* get(const std::byte* from, T& value) {
  std::memcpy(&value, from, sizeof value);
  return from + sizeof value;
}

// The upper half of x, or of the next number away from zero if that is nearer, or as near and even.
std::uint16_t bf16(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  const auto upper = static_cast<std::uint16_t>(bits >> 16);
  if (std::isnan(x)) return static_cast<std::uint16_t>(upper | 0x40U);
  const std::uint32_t lower = bits & 0xFFFFU;
  const bool up = lower > 0x8000U || (lower == 0x8000U && upper % 2 == 1);
  return static_cast<std::uint16_t>(upper + (up ? 1 : 0));
}

}  // namespace

void encode(WireFormat format, ConstMatrixView x, std::span<std::byte> bytes) {
  std::byte* to = bytes.data();
  for (int r = 0; r < x.rows; ++r) {
    float scale = 0.0F;
    for (int i = 0; i < x.cols; ++i) {
      if (format == WireFormat::fp32) to = put(to, x(r, i));
      if (format == WireFormat::bf16) to = put(to, bf16(x(r, i)));
      if (format != WireFormat::int8) continue;
      if (i % int8_block == 0) {
        float absmax = 0.0F;
        for (int j = i; j < x.cols && j < i + int8_block; ++j)
          absmax = std::isfinite(x(r, j)) && !std::isnan(absmax) ? std::max(absmax, std::fabs(x(r, j))) : NAN;
        scale = absmax / 127.0F;
        to = put(to, scale);
      }
      const float q = scale > 0.0F ? std::nearbyint(x(r, i) / scale) : 0.0F;
      to = put(to, static_cast<std::int8_t>(std::clamp(q, -127.0F, 127.0F)));
    }
  }
}

void decode(WireFormat format, std::span<const std::byte> bytes, MatrixView x) {
  const std::byte* from = bytes.data();
  for (int r = 0; r < x.rows; ++r) {
    float scale = 0.0F;
    for (int i = 0; i < x.cols; ++i) {
      if (format == WireFormat::fp32) from = get(from, x(r, i));
      if (format == WireFormat::bf16) {
        std::uint16_t upper = 0;
        from = get(from, upper);
        const std::uint32_t bits = static_cast<std::uint32_t>(upper) << 16;
        std::memcpy(&x(r, i), &bits, sizeof bits);
      }
      if (format == WireFormat::int8) {
        if (i % int8_block == 0) from = get(from, scale);
        std::int8_t q = 0;
        from = get(from, q);
        x(r, i) = static_cast<float>(q) * scale;
      }
    }
  }
}

}  // namespace orrery::kernels::ref
