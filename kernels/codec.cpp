#include "kernels/codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace orrery::kernels {
namespace {

static_assert(std::endian::native == std::endian::little, "the wire format is little-endian");

std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = bits + 0x7FFFU + (bits >> 16 & 1U);  // half of the last place, and even on a tie
  const std::uint32_t quiet = bits | 0x400000U;                      // rounding could turn a NaN into infinity
  return static_cast<std::uint16_t>((std::isnan(value) ? quiet : rounded) >> 16);
}

void encode_block(const float* x, int count, std::byte* to) {
  float absmax = 0.0F;
  bool finite = true;
  for (int i = 0; i < count; ++i) {
    absmax = std::max(absmax, std::fabs(x[i]));
    finite = finite && std::isfinite(x[i]);
  }
  const float scale = finite ? absmax / 127.0F : std::numeric_limits<float>::quiet_NaN();
  std::memcpy(to, &scale, sizeof scale);
  auto* q = reinterpret_cast<std::int8_t*>(to + sizeof scale);
  if (!(scale > 0.0F)) {  // all zeros, values too small for a scale, or not finite
    std::memset(q, 0, static_cast<std::size_t>(count));
    return;
  }
  // Adding and taking away 1.5 * 2^23 rounds to the nearest integer, even on a tie. A subnormal scale is itself
  // rounded, so that the quotient may pass 127: hence the clamp.
  constexpr float magic = 12582912.0F;
  for (int i = 0; i < count; ++i)
    q[i] = static_cast<std::int8_t>(std::clamp(x[i] / scale, -127.0F, 127.0F) + magic - magic);
}

void decode_block(const std::byte* from, int count, float* x) {
  float scale = 0.0F;
  std::memcpy(&scale, from, sizeof scale);
  const auto* q = reinterpret_cast<const std::int8_t*>(from + sizeof scale);
  for (int i = 0; i < count; ++i) x[i] = static_cast<float>(q[i]) * scale;
}

std::size_t row_bytes(WireFormat format, int cols) {
  const auto n = static_cast<std::size_t>(cols);
  switch (format) {
    case WireFormat::fp32:
      return n * sizeof(float);
    case WireFormat::bf16:
      return n * sizeof(std::uint16_t);
    case WireFormat::int8:
      return n + (n + int8_block - 1) / int8_block * sizeof(float);
  }
  return 0;
}

}  // namespace

const char* name(WireFormat format) {
  switch (format) {
    case WireFormat::fp32:
      return "fp32";
    case WireFormat::bf16:
      return "bf16";
    case WireFormat::int8:
      return "int8";
  }
  return "unknown";
}

std::size_t encoded_bytes(WireFormat format, int rows, int cols) {
  EXPECT(rows >= 0 && cols >= 0);
  return static_cast<std::size_t>(rows) * row_bytes(format, cols);
}

void encode(WireFormat format, ConstMatrixView x, std::span<std::byte> bytes) {
  EXPECT(bytes.size() == encoded_bytes(format, x.rows, x.cols));
  std::byte* to = bytes.data();
  for (int r = 0; r < x.rows; ++r, to += row_bytes(format, x.cols)) {
    const float* row = x.row(r);
    if (format == WireFormat::fp32) {
      std::memcpy(to, row, row_bytes(format, x.cols));
    } else if (format == WireFormat::bf16) {
      for (int i = 0; i < x.cols; ++i) {
        const std::uint16_t half = to_bf16(row[i]);
        std::memcpy(to + 2 * i, &half, sizeof half);
      }
    } else {
      std::byte* block = to;
      for (int i = 0; i < x.cols; i += int8_block) {
        const int count = std::min(int8_block, x.cols - i);
        encode_block(row + i, count, block);
        block += sizeof(float) + static_cast<std::size_t>(count);
      }
    }
  }
}

void decode(WireFormat format, std::span<const std::byte> bytes, MatrixView x) {
  EXPECT(bytes.size() == encoded_bytes(format, x.rows, x.cols));
  const std::byte* from = bytes.data();
  for (int r = 0; r < x.rows; ++r, from += row_bytes(format, x.cols)) {
    float* row = x.row(r);
    if (format == WireFormat::fp32) {
      std::memcpy(row, from, row_bytes(format, x.cols));
    } else if (format == WireFormat::bf16) {
      for (int i = 0; i < x.cols; ++i) {
        std::uint16_t half = 0;
        std::memcpy(&half, from + 2 * i, sizeof half);
        row[i] = std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
      }
    } else {
      const std::byte* block = from;
      for (int i = 0; i < x.cols; i += int8_block) {
        const int count = std::min(int8_block, x.cols - i);
        decode_block(block, count, row + i);
        block += sizeof(float) + static_cast<std::size_t>(count);
      }
    }
  }
}

}  // namespace orrery::kernels
