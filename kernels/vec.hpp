// Sixteen fp32 lanes on three instruction sets: the only place that knows intrinsics.
//
// Every operation is one IEEE operation per lane, so the three give the same bits. The functions carry the attributes
// that allow the instructions, so no file needs its own compiler flags; a caller must carry the same attribute (that is
// what ORRERY_TARGET in a body is for, see foreach_isa.hpp).
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#define ORRERY_TARGET_avx2 __attribute__((target("avx2,fma,f16c")))
#define ORRERY_TARGET_avx512 __attribute__((target("avx512f,avx2,fma,f16c")))
#endif
#define ORRERY_TARGET_portable
#define ORRERY_OP(isa) ORRERY_TARGET_##isa __attribute__((always_inline)) static inline

namespace orrery::kernels {

constexpr int vec_lanes = 16;

namespace portable {

struct Vec {
  float lane[vec_lanes];
};

// An operation on each lane i.
#define ORRERY_LANES(expression)                                  \
  Vec out;                                                        \
  for (int i = 0; i < vec_lanes; ++i) out.lane[i] = (expression); \
  return out

ORRERY_OP(portable) Vec set(float value) { ORRERY_LANES(value); }
ORRERY_OP(portable) Vec load(const float* p) { ORRERY_LANES(p[i]); }
ORRERY_OP(portable) Vec load_n(const float* p, int n) { ORRERY_LANES(i < n ? p[i] : 0.0F); }
ORRERY_OP(portable) void store_n(Vec a, float* p, int n) {
  for (int i = 0; i < n; ++i) p[i] = a.lane[i];
}
ORRERY_OP(portable) void store(Vec a, float* p) { store_n(a, p, vec_lanes); }
ORRERY_OP(portable) Vec add(Vec a, Vec b) { ORRERY_LANES(a.lane[i] + b.lane[i]); }
ORRERY_OP(portable) Vec sub(Vec a, Vec b) { ORRERY_LANES(a.lane[i] - b.lane[i]); }
ORRERY_OP(portable) Vec mul(Vec a, Vec b) { ORRERY_LANES(a.lane[i] * b.lane[i]); }
ORRERY_OP(portable) Vec div(Vec a, Vec b) { ORRERY_LANES(a.lane[i] / b.lane[i]); }
ORRERY_OP(portable) Vec max(Vec a, Vec b) { ORRERY_LANES(a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]); }
ORRERY_OP(portable) Vec fma(Vec a, Vec b, Vec c) { ORRERY_LANES(std::fma(a.lane[i], b.lane[i], c.lane[i])); }
// x < bound ? a : b
ORRERY_OP(portable) Vec select_less(Vec x, Vec bound, Vec a, Vec b) {
  ORRERY_LANES(x.lane[i] < bound.lane[i] ? a.lane[i] : b.lane[i]);
}
// The bits of each lane plus bias, moved into the exponent field.
ORRERY_OP(portable) Vec to_exponent(Vec a, std::uint32_t bias) {
  ORRERY_LANES(std::bit_cast<float>((std::bit_cast<std::uint32_t>(a.lane[i]) + bias) << 23));
}
#undef ORRERY_LANES

}  // namespace portable

#if defined(__x86_64__)
namespace avx2 {

struct Vec {
  __m256 low, high;
};

ORRERY_OP(avx2) Vec set(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
ORRERY_OP(avx2) Vec load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
ORRERY_OP(avx2) void store(Vec a, float* p) { _mm256_storeu_ps(p, a.low), _mm256_storeu_ps(p + 8, a.high); }
ORRERY_OP(avx2) Vec load_n(const float* p, int n) {
  float all[vec_lanes] = {};
  for (int i = 0; i < n; ++i) all[i] = p[i];
  return load(all);
}
ORRERY_OP(avx2) void store_n(Vec a, float* p, int n) {
  float all[vec_lanes];
  store(a, all);
  for (int i = 0; i < n; ++i) p[i] = all[i];
}
ORRERY_OP(avx2) Vec add(Vec a, Vec b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
ORRERY_OP(avx2) Vec sub(Vec a, Vec b) { return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)}; }
ORRERY_OP(avx2) Vec mul(Vec a, Vec b) { return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)}; }
ORRERY_OP(avx2) Vec div(Vec a, Vec b) { return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)}; }
ORRERY_OP(avx2) Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)}; }
ORRERY_OP(avx2) Vec fma(Vec a, Vec b, Vec c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
ORRERY_OP(avx2) Vec select_less(Vec x, Vec bound, Vec a, Vec b) {
  return {_mm256_blendv_ps(b.low, a.low, _mm256_cmp_ps(x.low, bound.low, _CMP_LT_OQ)),
          _mm256_blendv_ps(b.high, a.high, _mm256_cmp_ps(x.high, bound.high, _CMP_LT_OQ))};
}
ORRERY_OP(avx2) Vec to_exponent(Vec a, std::uint32_t bias) {
  const __m256i b = _mm256_set1_epi32(static_cast<int>(bias));
  const __m256i low = _mm256_slli_epi32(_mm256_add_epi32(_mm256_castps_si256(a.low), b), 23);
  const __m256i high = _mm256_slli_epi32(_mm256_add_epi32(_mm256_castps_si256(a.high), b), 23);
  return {_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)};
}

}  // namespace avx2

namespace avx512 {

struct Vec {
  __m512 all;
};

ORRERY_OP(avx512) __mmask16 first_lanes(int n) { return static_cast<__mmask16>((1U << n) - 1U); }
ORRERY_OP(avx512) Vec set(float value) { return {_mm512_set1_ps(value)}; }
ORRERY_OP(avx512) Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
ORRERY_OP(avx512) Vec load_n(const float* p, int n) { return {_mm512_maskz_loadu_ps(first_lanes(n), p)}; }
ORRERY_OP(avx512) void store(Vec a, float* p) { _mm512_storeu_ps(p, a.all); }
ORRERY_OP(avx512) void store_n(Vec a, float* p, int n) { _mm512_mask_storeu_ps(p, first_lanes(n), a.all); }
ORRERY_OP(avx512) Vec add(Vec a, Vec b) { return {_mm512_add_ps(a.all, b.all)}; }
ORRERY_OP(avx512) Vec sub(Vec a, Vec b) { return {_mm512_sub_ps(a.all, b.all)}; }
ORRERY_OP(avx512) Vec mul(Vec a, Vec b) { return {_mm512_mul_ps(a.all, b.all)}; }
ORRERY_OP(avx512) Vec div(Vec a, Vec b) { return {_mm512_div_ps(a.all, b.all)}; }
ORRERY_OP(avx512) Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.all, b.all)}; }
ORRERY_OP(avx512) Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.all, b.all, c.all)}; }
ORRERY_OP(avx512) Vec select_less(Vec x, Vec bound, Vec a, Vec b) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.all, bound.all, _CMP_LT_OQ), b.all, a.all)};
}
ORRERY_OP(avx512) Vec to_exponent(Vec a, std::uint32_t bias) {
  const __m512i sum = _mm512_add_epi32(_mm512_castps_si512(a.all), _mm512_set1_epi32(static_cast<int>(bias)));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(sum, 23))};
}

}  // namespace avx512
#endif

}  // namespace orrery::kernels
