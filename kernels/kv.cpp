#include "kernels/kv.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/e4m3.hpp"
#include "kernels/quant.hpp"

namespace orrery::kernels {
namespace {

template <class T>
T* as(std::byte* bytes) {
  return reinterpret_cast<T*>(bytes);
}

float widened(KvType type, std::byte* from, std::ptrdiff_t offset) {
  switch (type) {
    case KvType::fp32:
      return as<float>(from)[offset];
    case KvType::bf16:
      return from_bf16(as<std::uint16_t>(from)[offset]);
    case KvType::int8:
      return static_cast<float>(as<std::int8_t>(from)[offset]);
    case KvType::e4m3:
      return from_e4m3(as<std::uint8_t>(from)[offset]);
  }
  fail_contract("precondition", "a known type", __FILE__, __LINE__);
}

// n numbers, `step` apart, narrowed by `narrow`.
template <class T, class Narrow>
void put(const float* from, int n, T* to, std::ptrdiff_t step, const Narrow& narrow) {
  for (int i = 0; i < n; ++i) to[i * step] = narrow(from[i]);
}

// Gives the scale.
float put_int8(const float* from, int n, std::int8_t* to, std::ptrdiff_t step) {
  float absmax = 0.0F;
  bool finite = true;
  for (int i = 0; i < n; ++i) {
    absmax = std::max(absmax, std::fabs(from[i]));
    finite = finite && std::isfinite(from[i]);
  }
  const float scale = finite ? absmax / 127.0F : std::numeric_limits<float>::quiet_NaN();
  const bool empty = !(scale > 0.0F);  // all zeros, numbers too small for a scale, or not finite
  // Adding and taking away 1.5 * 2^23 rounds to the nearest integer. A subnormal scale is itself rounded, so that the
  // quotient may pass 127: hence the clamp.
  constexpr float magic = 12582912.0F;
  put(from, n, to, step, [&](float x) {
    return empty ? std::int8_t{0} : static_cast<std::int8_t>(std::clamp(x / scale, -127.0F, 127.0F) + magic - magic);
  });
  return scale;
}

void put_head(const KvView& cache, const float* from, std::byte* to, std::ptrdiff_t offset, std::ptrdiff_t step,
              float* scale) {
  const int n = cache.head_dim;
  switch (cache.type) {
    case KvType::fp32:
      return put(from, n, as<float>(to) + offset, step, [](float x) { return x; });
    case KvType::bf16:
      return put(from, n, as<std::uint16_t>(to) + offset, step, to_bf16);
    case KvType::int8:
      *scale = put_int8(from, n, as<std::int8_t>(to) + offset, step);
      return;
    case KvType::e4m3:
      return put(from, n, as<std::uint8_t>(to) + offset, step, to_e4m3);
  }
}

float* scale_of(float* scales, std::ptrdiff_t offset) { return scales == nullptr ? nullptr : scales + offset; }

}  // namespace

const char* name(KvType type) {
  switch (type) {
    case KvType::fp32:
      return "fp32";
    case KvType::bf16:
      return "bf16";
    case KvType::int8:
      return "int8";
    case KvType::e4m3:
      return "e4m3";
  }
  return "unknown";
}

float KvView::key(int head, int position, int d) const { return widened(type, keys, key_offset(head, position, d)); }

float KvView::value(int head, int position, int d) const {
  return widened(type, values, value_offset(head, position) + d);
}

void store_kv(ConstMatrixView k, ConstMatrixView v, int first_position, const KvView& cache) {
  EXPECT(k.rows == v.rows && k.cols == cache.kv_heads * cache.head_dim && v.cols == k.cols);
  EXPECT(first_position >= 0 && first_position + k.rows <= cache.capacity);
  EXPECT((cache.type == KvType::int8) == (cache.key_scales != nullptr && cache.value_scales != nullptr));
  for (int r = 0; r < k.rows; ++r) {
    const int position = first_position + r;
    for (int head = 0; head < cache.kv_heads; ++head) {
      const std::ptrdiff_t scale = cache.scale_offset(head, position);
      put_head(cache, k.row(r) + head * cache.head_dim, cache.keys, cache.key_offset(head, position, 0), KvView::panel,
               scale_of(cache.key_scales, scale));
      put_head(cache, v.row(r) + head * cache.head_dim, cache.values, cache.value_offset(head, position), 1,
               cache.value_scales + scale);
    }
  }
}

}  // namespace orrery::kernels
