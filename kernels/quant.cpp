#include "kernels/quant.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace orrery::kernels {
namespace {

static_assert(std::endian::native == std::endian::little, "encoded weights are little-endian");

constexpr std::uint16_t nan_half = 0x7E00;

// The weight of the largest size, the first one of equals; NaN if one is not finite.
float largest(const float* w, int count) {
  float found = 0.0F;
  for (int i = 0; i < count; ++i) {
    if (!std::isfinite(w[i])) return std::numeric_limits<float>::quiet_NaN();
    if (std::fabs(w[i]) > std::fabs(found)) found = w[i];
  }
  return found;
}

// The scale as it is stored, and what weights are multiplied by: 0 where all of them become zero.
struct Scale {
  std::uint16_t half;
  float inverse;
};
Scale scale_of(float s) {
  const std::uint16_t half = to_half(s);
  if ((half & 0x7C00U) == 0x7C00U) return {nan_half, 0.0F};
  const float inverse = s == 0.0F ? 0.0F : 1.0F / s;
  return {half, std::isfinite(inverse) ? inverse : 0.0F};
}

// Both: count <= 32 weights; what is missing is zero.
void encode_int8(const float* w, int count, std::byte* to) {
  const Scale scale = scale_of(std::fabs(largest(w, count)) / 127.0F);
  std::memcpy(to, &scale.half, sizeof scale.half);
  for (int i = 0; i < weight_block; ++i) {
    const float q = i < count && scale.inverse != 0.0F ? std::round(w[i] * scale.inverse) : 0.0F;
    to[2 + i] = static_cast<std::byte>(static_cast<std::int8_t>(q));
  }
}

void encode_int4(const float* w, int count, std::byte* to) {
  const Scale scale = scale_of(largest(w, count) / -8.0F);
  std::memcpy(to, &scale.half, sizeof scale.half);
  const auto nibble = [&](int i) {
    const float q = i < count && scale.inverse != 0.0F ? w[i] * scale.inverse : 0.0F;
    return std::min(15U, static_cast<unsigned>(q + 8.5F));  // q >= -8, so that this is a floor
  };
  constexpr int half = weight_block / 2;
  for (int i = 0; i < half; ++i) to[2 + i] = static_cast<std::byte>(nibble(i) | nibble(i + half) << 4);
}

void decode_int8(const std::byte* from, int count, float* w) {
  std::uint16_t half = 0;
  std::memcpy(&half, from, sizeof half);
  const float d = from_half(half);
  for (int i = 0; i < count; ++i) w[i] = d * static_cast<float>(static_cast<std::int8_t>(from[2 + i]));
}

void decode_int4(const std::byte* from, int count, float* w) {
  std::uint16_t half = 0;
  std::memcpy(&half, from, sizeof half);
  const float d = from_half(half);
  for (int i = 0; i < count; ++i) {
    const auto byte = std::to_integer<unsigned>(from[2 + i % (weight_block / 2)]);
    const unsigned nibble = i < weight_block / 2 ? byte & 15U : byte >> 4;
    w[i] = d * static_cast<float>(static_cast<int>(nibble) - 8);
  }
}

constexpr std::size_t int8_bytes = 2 + weight_block, int4_bytes = 2 + weight_block / 2;

// One block after the other; `code(weights of the block, how many, its bytes)`.
template <class Float, class Byte, class Code>
void each_block(Float* w, int cols, Byte* bytes, std::size_t block_bytes, const Code& code) {
  for (int i = 0; i < cols; i += weight_block, bytes += block_bytes)
    code(w + i, std::min(weight_block, cols - i), bytes);
}

}  // namespace

const char* name(WeightType type) {
  switch (type) {
    case WeightType::fp32:
      return "fp32";
    case WeightType::bf16:
      return "bf16";
    case WeightType::int8:
      return "int8";
    case WeightType::int4:
      return "int4";
  }
  return "unknown";
}

std::size_t encoded_bytes(WeightType type, int rows, int cols) {
  EXPECT(rows >= 0 && cols >= 0);
  const auto n = static_cast<std::size_t>(cols), blocks = (n + weight_block - 1) / weight_block;
  std::size_t row = 0;
  switch (type) {
    case WeightType::fp32:
      row = n * sizeof(float);
      break;
    case WeightType::bf16:
      row = n * sizeof(std::uint16_t);
      break;
    case WeightType::int8:
      row = blocks * int8_bytes;
      break;
    case WeightType::int4:
      row = blocks * int4_bytes;
      break;
  }
  return static_cast<std::size_t>(rows) * row;
}

std::span<const std::byte> EncodedView::row(int r) const {
  const std::size_t size = encoded_bytes(type, 1, cols);
  return bytes.subspan(static_cast<std::size_t>(r) * size, size);
}

std::vector<std::byte> encode(WeightType type, ConstMatrixView w) {
  std::vector<std::byte> bytes(encoded_bytes(type, w.rows, w.cols));
  std::byte* to = bytes.data();
  for (int r = 0; r < w.rows; ++r, to += encoded_bytes(type, 1, w.cols)) {
    const float* row = w.row(r);
    if (type == WeightType::fp32) {
      std::memcpy(to, row, encoded_bytes(type, 1, w.cols));
    } else if (type == WeightType::bf16) {
      for (int i = 0; i < w.cols; ++i) {
        const std::uint16_t half = to_bf16(row[i]);
        std::memcpy(to + 2 * static_cast<std::ptrdiff_t>(i), &half, sizeof half);
      }
    } else if (type == WeightType::int8) {
      each_block(row, w.cols, to, int8_bytes, encode_int8);
    } else {
      each_block(row, w.cols, to, int4_bytes, encode_int4);
    }
  }
  return bytes;
}

void decode(const EncodedView& from, MatrixView w) {
  EXPECT(w.rows == from.rows && w.cols == from.cols);
  EXPECT(from.bytes.size() == encoded_bytes(from.type, from.rows, from.cols));
  for (int r = 0; r < w.rows; ++r) {
    const std::byte* bytes = from.row(r).data();
    if (from.type == WeightType::fp32) {
      std::memcpy(w.row(r), bytes, encoded_bytes(from.type, 1, w.cols));
    } else if (from.type == WeightType::bf16) {
      for (int i = 0; i < w.cols; ++i) {
        std::uint16_t half = 0;
        std::memcpy(&half, bytes + 2 * static_cast<std::ptrdiff_t>(i), sizeof half);
        w(r, i) = from_bf16(half);
      }
    } else if (from.type == WeightType::int8) {
      each_block(w.row(r), w.cols, bytes, int8_bytes,
                 [](float* to, int count, const std::byte* block) { decode_int8(block, count, to); });
    } else {
      each_block(w.row(r), w.cols, bytes, int4_bytes,
                 [](float* to, int count, const std::byte* block) { decode_int4(block, count, to); });
    }
  }
}

std::uint16_t to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000U, size = bits & 0x7FFFFFFFU;
  if (size > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (size >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);  // 65520 and more round to infinity
  if (size < 0x38800000U) {
    // Below 2^-14 the last place is 2^-24, that of a float in [0.5, 1): adding 0.5 rounds to it, even on a tie.
    const float shifted = std::bit_cast<float>(size) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U));
  }
  const std::uint32_t rounded = size + 0xFFFU + (size >> 13 & 1U);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13));
}

float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1FU, mantissa = half & 0x3FFU;
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
    const auto size = std::bit_cast<std::uint32_t>(static_cast<float>(mantissa) * 0x1p-24F);
    return std::bit_cast<float>(sign | size);
  }
  const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
  const std::uint32_t quiet = exponent == 31 && mantissa != 0 ? 0x400000U : 0U;
  return std::bit_cast<float>(sign | wide << 23 | mantissa << 13 | quiet);
}

std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value))
    return static_cast<std::uint16_t>((bits | 0x400000U) >> 16);  // rounding could make it infinite
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >>
                                    16);  // half of the last place, even on a tie
}

float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

}  // namespace orrery::kernels
