// Sixteen numbers of a narrower format widened to fp32 lanes: the bits of from_bf16 and from_e4m3 on three instruction
// sets.
#pragma once

#include <cstdint>

#include "kernels/e4m3.hpp"
#include "kernels/quant.hpp"
#include "kernels/vec.hpp"

namespace orrery::kernels {

// Storage of a format, so that overloads can tell them apart.
enum class Bf16 : std::uint16_t {};
enum class E4m3 : std::uint8_t {};

namespace portable {

ORRERY_OP(portable) Vec load(const Bf16* p) {
  Vec out;
  for (int i = 0; i < vec_lanes; ++i) out.lane[i] = from_bf16(static_cast<std::uint16_t>(p[i]));
  return out;
}
ORRERY_OP(portable) Vec load(const std::int8_t* p) {
  Vec out;
  for (int i = 0; i < vec_lanes; ++i) out.lane[i] = static_cast<float>(p[i]);
  return out;
}
ORRERY_OP(portable) Vec load(const E4m3* p) {
  Vec out;
  for (int i = 0; i < vec_lanes; ++i) out.lane[i] = from_e4m3(static_cast<std::uint8_t>(p[i]));
  return out;
}

}  // namespace portable

#if defined(__x86_64__)
// e4m3 to fp32: exponent and mantissa moved into place with the bias of fp32 give the number for exponents from 1 on;
// at exponent 0, where fp32 has read 2^-7 (1 + m / 8), the number is m 2^-9 = 2 (that) - 2^-6, exactly.
namespace avx2 {

ORRERY_OP(avx2) __m256 bf16_lanes(const Bf16* p) {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
ORRERY_OP(avx2) Vec load(const Bf16* p) { return {bf16_lanes(p), bf16_lanes(p + 8)}; }

ORRERY_OP(avx2) __m256 int8_lanes(const std::int8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
ORRERY_OP(avx2) Vec load(const std::int8_t* p) { return {int8_lanes(p), int8_lanes(p + 8)}; }

ORRERY_OP(avx2) __m256 e4m3_lanes(const E4m3* p) {
  const __m256i code = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  const __m256i size = _mm256_and_si256(code, _mm256_set1_epi32(0x7F));
  const __m256i sign = _mm256_slli_epi32(_mm256_sub_epi32(code, size), 24);
  const __m256 normal =
      _mm256_castsi256_ps(_mm256_add_epi32(_mm256_slli_epi32(size, 20), _mm256_set1_epi32(120 << 23)));
  const __m256 least = _mm256_set1_ps(0x1p-6F);
  const __m256 small = _mm256_sub_ps(_mm256_add_ps(normal, normal), least);
  const __m256 number = _mm256_blendv_ps(normal, small, _mm256_cmp_ps(normal, least, _CMP_LT_OQ));
  const __m256 none = _mm256_castsi256_ps(_mm256_cmpeq_epi32(size, _mm256_set1_epi32(0x7F)));
  const __m256 quiet = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FC00000));
  return _mm256_blendv_ps(_mm256_or_ps(number, _mm256_castsi256_ps(sign)), quiet, none);
}
ORRERY_OP(avx2) Vec load(const E4m3* p) { return {e4m3_lanes(p), e4m3_lanes(p + 8)}; }

}  // namespace avx2

namespace avx512 {

ORRERY_OP(avx512) Vec load(const Bf16* p) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
}
ORRERY_OP(avx512) Vec load(const std::int8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}
ORRERY_OP(avx512) Vec load(const E4m3* p) {
  const __m512i code = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m512i size = _mm512_and_si512(code, _mm512_set1_epi32(0x7F));
  const __m512i sign = _mm512_slli_epi32(_mm512_sub_epi32(code, size), 24);
  const __m512 normal =
      _mm512_castsi512_ps(_mm512_add_epi32(_mm512_slli_epi32(size, 20), _mm512_set1_epi32(120 << 23)));
  const __m512 least = _mm512_set1_ps(0x1p-6F);
  const __m512 small = _mm512_sub_ps(_mm512_add_ps(normal, normal), least);
  const __m512 number = _mm512_mask_blend_ps(_mm512_cmp_ps_mask(normal, least, _CMP_LT_OQ), normal, small);
  const __m512i bits = _mm512_or_si512(_mm512_castps_si512(number), sign);
  const __mmask16 none = _mm512_cmpeq_epi32_mask(size, _mm512_set1_epi32(0x7F));
  return {_mm512_castsi512_ps(_mm512_mask_blend_epi32(none, bits, _mm512_set1_epi32(0x7FC00000)))};
}

}  // namespace avx512
#endif

}  // namespace orrery::kernels
