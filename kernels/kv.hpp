// Keys and values of one block and one sequence as they lie in memory, in four formats.
//
//   fp32   as computed.
//   bf16   each number rounded to nearest even.
//   int8   each head of each position: an fp32 scale = absmax / 127, then one signed byte a number, nearest even of
//          number / scale. A head with a NaN or an infinity gets a NaN for its scale: a poisoned cache stays visible.
//   e4m3   each number rounded to the nearest 8-bit floating point number without a scale, saturating at 448
//          (e4m3.hpp): what engines do whose fp8 caches are not calibrated.
// What a position holds depends on its own key and value only, so chunking changes no bits.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/tensor.hpp"

namespace orrery::kernels {

enum class KvType { fp32, bf16, int8, e4m3 };
inline constexpr std::array kv_types{KvType::fp32, KvType::bf16, KvType::int8, KvType::e4m3};

const char* name(KvType type);
constexpr std::size_t width(KvType type) {  // bytes of one number
  return type == KvType::fp32 ? 4 : type == KvType::bf16 ? 2 : 1;
}

// Memory belongs to the caller (model/kv_cache.hpp). Keys lie in panels of 16 positions,
// [kv_heads][capacity / 16][head_dim][16], so that sixteen scores are one vector; values lie as
// [kv_heads][capacity][head_dim rounded up to 16]; scales as [kv_heads][capacity]. capacity is a multiple of 16.
// The memory starts out as zeros: vectors run over the padding, and 0 * NaN is not 0.
struct KvView {
  static constexpr int panel = 16;
  KvType type = KvType::fp32;
  std::byte* keys = nullptr;
  std::byte* values = nullptr;
  float* key_scales = nullptr;  // int8 only
  float* value_scales = nullptr;
  int kv_heads = 0, head_dim = 0, capacity = 0;

  int value_stride() const { return (head_dim + panel - 1) / panel * panel; }
  // In numbers, from the start of keys or values.
  std::ptrdiff_t key_offset(int head, int position, int d) const {
    return ((static_cast<std::ptrdiff_t>(head) * (capacity / panel) + position / panel) * head_dim + d) * panel +
           position % panel;
  }
  std::ptrdiff_t value_offset(int head, int position) const {
    return (static_cast<std::ptrdiff_t>(head) * capacity + position) * value_stride();
  }
  std::ptrdiff_t scale_offset(int head, int position) const {
    return static_cast<std::ptrdiff_t>(head) * capacity + position;
  }
  // The stored numbers, widened but without the scale of int8.
  float key(int head, int position, int d) const;
  float value(int head, int position, int d) const;

  std::size_t key_bytes() const { return static_cast<std::size_t>(kv_heads) * capacity * head_dim * width(type); }
  std::size_t value_bytes() const {
    return static_cast<std::size_t>(kv_heads) * capacity * value_stride() * width(type);
  }
  // Of key_scales, and of value_scales.
  std::size_t scale_bytes() const {
    return type == KvType::int8 ? static_cast<std::size_t>(kv_heads) * capacity * sizeof(float) : 0;
  }
};

// Writes k, v [m, kv_heads * head_dim] as positions first_position .. first_position + m - 1.
void store_kv(ConstMatrixView k, ConstMatrixView v, int first_position, const KvView& cache);

}  // namespace orrery::kernels
