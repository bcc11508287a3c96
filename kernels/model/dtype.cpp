#include "kernels/model/dtype.hpp"

#include <cstdint>
#include <cstring>

#include "kernels/contract.hpp"

namespace orrery::kernels::model {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::uint16_t half_at(std::string_view bytes, std::size_t at) {
  std::uint16_t half = 0;
  std::memcpy(&half, bytes.data() + at, sizeof half);
  return half;
}

// What stands for all the bits that can make a block's numbers NaN or infinite: its only number, or its scale.
float sentinel(Dtype dtype, std::string_view bytes, std::size_t at) {
  if (dtype == Dtype::f32) {
    float value = 0.0F;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  }
  return dtype == Dtype::bf16 ? from_bf16(half_at(bytes, at)) : from_half(half_at(bytes, at));
}

bool is_finite(float value) { return value - value == 0.0F; }

}  // namespace

const char* name(Dtype dtype) {
  constexpr const char* names[] = {"f32", "f16", "bf16", "q8_0", "q4_0"};
  return names[static_cast<std::size_t>(dtype)];
}

Block block_of(Dtype dtype) {
  constexpr Block blocks[] = {
      {1, 4}, {1, 2}, {1, 2}, {weight_block, 2 + weight_block}, {weight_block, 2 + weight_block / 2}};
  return blocks[static_cast<std::size_t>(dtype)];
}

std::optional<WeightType> weight_type(Dtype dtype) {
  constexpr std::optional<WeightType> types[] = {WeightType::fp32, std::nullopt, WeightType::bf16, WeightType::int8,
                                                 WeightType::int4};
  return types[static_cast<std::size_t>(dtype)];
}

std::size_t row_bytes(Dtype dtype, std::size_t cols) {
  const Block block = block_of(dtype);
  EXPECT(cols % static_cast<std::size_t>(block.values) == 0);
  return cols / static_cast<std::size_t>(block.values) * static_cast<std::size_t>(block.bytes);
}

void decode_row(Dtype dtype, std::string_view from, std::span<float> to) {
  EXPECT(from.size() == row_bytes(dtype, to.size()));
  if (const auto type = weight_type(dtype)) {
    const int cols = static_cast<int>(to.size());
    decode({*type, as_bytes(from), 1, cols}, {to.data(), 1, cols, cols});
  } else {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = from_half(half_at(from, 2 * i));
  }
}

void encode_row(Dtype dtype, std::span<const float> from, std::string& to) {
  const auto type = weight_type(dtype);
  EXPECT(type && from.size() % static_cast<std::size_t>(block_of(dtype).values) == 0);
  const int cols = static_cast<int>(from.size());
  const auto bytes = encode(*type, {from.data(), 1, cols, cols});
  to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::size_t first_bad(Dtype dtype, std::string_view bytes) {
  const auto step = static_cast<std::size_t>(block_of(dtype).bytes);
  for (std::size_t at = 0; at < bytes.size(); at += step)
    if (!is_finite(sentinel(dtype, bytes, at))) return at;
  return std::string_view::npos;
}

bool is_nan(Dtype dtype, std::string_view block) {
  const float value = sentinel(dtype, block, 0);
  return value != value;
}

}  // namespace orrery::kernels::model
