// What quantised and half-width weights need beside vec.hpp: products of bytes in groups of four, integers, halves.
//
//   Ints    sixteen int32 lanes.
//   Quads   64 unsigned bytes, lane l holding bytes 4 l .. 4 l + 3 (weights).
//   Quad    4 signed bytes, the same in every lane (activations).
//   dot(a, w, x): lane l of a plus the sum of its four byte products, exact in int32 on every path.
#pragma once

#include <cstring>

#include "kernels/quant.hpp"
#include "kernels/vec.hpp"

#if defined(__x86_64__)
#define ORRERY_TARGET_avx512vnni __attribute__((target("avx512f,avx512bw,avx512vnni,avx2,fma,f16c")))
#endif

namespace orrery::kernels {

// Asks for a cache line, here: compilers gather __builtin_prefetch at the head of a loop, where it comes in bursts that
// stop the loads. (Measured: 3 to 6 % of a product.)
ORRERY_OP(portable) void ask_for(const std::byte* p) {
#if defined(__x86_64__)
  asm volatile("prefetcht0 %0" : : "m"(*p));
#else
  __builtin_prefetch(p);
#endif
}

namespace portable {

struct Ints {
  std::int32_t lane[vec_lanes];
};
struct Quads {
  std::uint8_t byte[4 * vec_lanes];
};
struct Quad {
  std::int8_t byte[4];
};

ORRERY_OP(portable) Ints set_ints(std::int32_t value) {
  Ints out;
  for (auto& lane : out.lane) lane = value;
  return out;
}
ORRERY_OP(portable) Quads load_quads(const std::byte* p) {
  Quads out;
  std::memcpy(out.byte, p, sizeof out.byte);
  return out;
}
ORRERY_OP(portable) Quads low_nibbles(const std::byte* p) {
  Quads out = load_quads(p);
  for (auto& byte : out.byte) byte &= 15U;
  return out;
}
ORRERY_OP(portable) Quads high_nibbles(const std::byte* p) {
  Quads out = load_quads(p);
  for (auto& byte : out.byte) byte >>= 4U;
  return out;
}
ORRERY_OP(portable) Quad load_quad(const float* p) {
  Quad out;
  std::memcpy(out.byte, p, sizeof out.byte);
  return out;
}
ORRERY_OP(portable) Ints dot(Ints a, Quads w, Quad x) {
  for (int l = 0; l < vec_lanes; ++l)
    for (int t = 0; t < 4; ++t) a.lane[l] += w.byte[4 * l + t] * x.byte[t];
  return a;
}
ORRERY_OP(portable) Vec to_float(Ints a) {
  Vec out;
  for (int i = 0; i < vec_lanes; ++i) out.lane[i] = static_cast<float>(a.lane[i]);
  return out;
}
ORRERY_OP(portable) Vec load_half(const std::byte* p) {
  Vec out;
  for (int i = 0; i < vec_lanes; ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, p + 2 * i, sizeof half);
    out.lane[i] = from_half(half);
  }
  return out;
}
// The low or the high halves of sixteen words, widened from bf16.
ORRERY_OP(portable) Vec load_bf16(const std::byte* p, bool high) {
  Vec out;
  for (int i = 0; i < vec_lanes; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, p + 4 * i, sizeof word);
    out.lane[i] = std::bit_cast<float>(high ? word & 0xFFFF0000U : word << 16);
  }
  return out;
}
// The larger of each lane of `most` and of the bits of a without the sign, which order sizes, infinity and NaN last.
ORRERY_OP(portable) Ints larger_bits(Ints most, Vec a) {
  for (int i = 0; i < vec_lanes; ++i) {
    const auto size = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(a.lane[i]) & 0x7FFFFFFFU);
    most.lane[i] = size > most.lane[i] ? size : most.lane[i];
  }
  return most;
}
ORRERY_OP(portable) std::int32_t largest(Ints a) {
  std::int32_t most = a.lane[0];
  for (const std::int32_t lane : a.lane) most = lane > most ? lane : most;
  return most;
}
// To the nearest integer, even on a tie, |a| <= 2^22. Adding 1.5 * 2^23 leaves it in the low bits.
ORRERY_OP(portable) Ints to_ints(Vec a) {
  Ints out;
  for (int i = 0; i < vec_lanes; ++i)
    out.lane[i] = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(a.lane[i] + 12582912.0F) - 0x4B400000U);
  return out;
}
ORRERY_OP(portable) Ints plus(Ints a, Ints b) {
  for (int i = 0; i < vec_lanes; ++i) a.lane[i] += b.lane[i];
  return a;
}
ORRERY_OP(portable) std::int32_t sum(Ints a) {
  std::int32_t total = 0;
  for (const std::int32_t lane : a.lane) total += lane;
  return total;
}
// The lanes' low bytes.
ORRERY_OP(portable) void store_bytes(Ints a, std::int8_t* p) {
  for (int i = 0; i < vec_lanes; ++i) p[i] = static_cast<std::int8_t>(a.lane[i]);
}

}  // namespace portable

#if defined(__x86_64__)
namespace avx2 {

struct Ints {
  __m256i low, high;
};
// Without byte products that cannot saturate, even and odd bytes are multiplied as 16-bit numbers.
struct Quads {
  __m256i low_even, low_odd, high_even, high_odd;
};
struct Quad {
  __m256i even, odd;
};

ORRERY_OP(avx2) __m256i load_32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
ORRERY_OP(avx2) Quads split(__m256i low, __m256i high) {
  const __m256i mask = _mm256_set1_epi16(0xFF);
  return {_mm256_and_si256(low, mask), _mm256_srli_epi16(low, 8), _mm256_and_si256(high, mask),
          _mm256_srli_epi16(high, 8)};
}
ORRERY_OP(avx2) Ints set_ints(std::int32_t value) { return {_mm256_set1_epi32(value), _mm256_set1_epi32(value)}; }
ORRERY_OP(avx2) Quads load_quads(const std::byte* p) { return split(load_32(p), load_32(p + 32)); }
ORRERY_OP(avx2) Quads low_nibbles(const std::byte* p) {
  const __m256i mask = _mm256_set1_epi8(15);
  return split(_mm256_and_si256(load_32(p), mask), _mm256_and_si256(load_32(p + 32), mask));
}
ORRERY_OP(avx2) Quads high_nibbles(const std::byte* p) {
  const __m256i mask = _mm256_set1_epi8(15);
  return split(_mm256_and_si256(_mm256_srli_epi16(load_32(p), 4), mask),
               _mm256_and_si256(_mm256_srli_epi16(load_32(p + 32), 4), mask));
}
ORRERY_OP(avx2) Quad load_quad(const float* p) {
  const __m256i all = _mm256_castps_si256(_mm256_broadcast_ss(p));
  return {_mm256_srai_epi16(_mm256_slli_epi16(all, 8), 8), _mm256_srai_epi16(all, 8)};
}
ORRERY_OP(avx2) Ints dot(Ints a, Quads w, Quad x) {
  const __m256i low = _mm256_add_epi32(_mm256_madd_epi16(w.low_even, x.even), _mm256_madd_epi16(w.low_odd, x.odd));
  const __m256i high = _mm256_add_epi32(_mm256_madd_epi16(w.high_even, x.even), _mm256_madd_epi16(w.high_odd, x.odd));
  return {_mm256_add_epi32(a.low, low), _mm256_add_epi32(a.high, high)};
}
ORRERY_OP(avx2) Vec to_float(Ints a) { return {_mm256_cvtepi32_ps(a.low), _mm256_cvtepi32_ps(a.high)}; }
ORRERY_OP(avx2) Vec load_half(const std::byte* p) {
  const __m256i all = load_32(p);
  return {_mm256_cvtph_ps(_mm256_castsi256_si128(all)), _mm256_cvtph_ps(_mm256_extracti128_si256(all, 1))};
}
ORRERY_OP(avx2) Vec load_bf16(const std::byte* p, bool high) {
  const __m256i a = load_32(p), b = load_32(p + 32), mask = _mm256_set1_epi32(static_cast<int>(0xFFFF0000U));
  if (high) return {_mm256_castsi256_ps(_mm256_and_si256(a, mask)), _mm256_castsi256_ps(_mm256_and_si256(b, mask))};
  return {_mm256_castsi256_ps(_mm256_slli_epi32(a, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(b, 16))};
}
ORRERY_OP(avx2) Ints larger_bits(Ints most, Vec a) {
  const __m256i mask = _mm256_set1_epi32(0x7FFFFFFF);
  return {_mm256_max_epi32(most.low, _mm256_and_si256(_mm256_castps_si256(a.low), mask)),
          _mm256_max_epi32(most.high, _mm256_and_si256(_mm256_castps_si256(a.high), mask))};
}
ORRERY_OP(avx2) std::int32_t largest(Ints a) {
  const __m256i all = _mm256_max_epi32(a.low, a.high);
  __m128i most = _mm_max_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
  most = _mm_max_epi32(most, _mm_shuffle_epi32(most, 0x4E));
  return _mm_cvtsi128_si32(_mm_max_epi32(most, _mm_shuffle_epi32(most, 0xB1)));
}
ORRERY_OP(avx2) Ints to_ints(Vec a) { return {_mm256_cvtps_epi32(a.low), _mm256_cvtps_epi32(a.high)}; }
ORRERY_OP(avx2) Ints plus(Ints a, Ints b) { return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)}; }
ORRERY_OP(avx2) std::int32_t sum(Ints a) {
  const __m256i both = _mm256_add_epi32(a.low, a.high);
  __m128i all = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  all = _mm_add_epi32(all, _mm_shuffle_epi32(all, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(all, _mm_shuffle_epi32(all, 0xB1)));
}
ORRERY_OP(avx2) void store_bytes(Ints a, std::int8_t* p) {
  // Packing works within halves of a register: words 0 1 | 2 3 of both come out as 0 2 1 3.
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a.low, a.high), 0xD8);
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
}

}  // namespace avx2

namespace avx512 {

struct Ints {
  __m512i all;
};
struct Quads {
  __m512i all;
};
struct Quad {
  __m512i all;
};

ORRERY_OP(avx512) Ints set_ints(std::int32_t value) { return {_mm512_set1_epi32(value)}; }
ORRERY_OP(avx512) Quads load_quads(const std::byte* p) { return {_mm512_loadu_si512(p)}; }
ORRERY_OP(avx512) Quads low_nibbles(const std::byte* p) {
  return {_mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(0x0F0F0F0F))};
}
ORRERY_OP(avx512) Quads high_nibbles(const std::byte* p) {
  return {_mm512_and_si512(_mm512_srli_epi32(_mm512_loadu_si512(p), 4), _mm512_set1_epi32(0x0F0F0F0F))};
}
ORRERY_OP(avx512) Quad load_quad(const float* p) { return {_mm512_castps_si512(_mm512_set1_ps(*p))}; }
ORRERY_OP(avx512vnni) Ints dot(Ints a, Quads w, Quad x) { return {_mm512_dpbusd_epi32(a.all, w.all, x.all)}; }
ORRERY_OP(avx512) Vec to_float(Ints a) { return {_mm512_cvtepi32_ps(a.all)}; }
ORRERY_OP(avx512) Vec load_half(const std::byte* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
ORRERY_OP(avx512) Vec load_bf16(const std::byte* p, bool high) {
  const __m512i words = _mm512_loadu_si512(p);
  if (high) return {_mm512_castsi512_ps(_mm512_and_si512(words, _mm512_set1_epi32(static_cast<int>(0xFFFF0000U))))};
  return {_mm512_castsi512_ps(_mm512_slli_epi32(words, 16))};
}
ORRERY_OP(avx512) Ints larger_bits(Ints most, Vec a) {
  return {_mm512_max_epi32(most.all, _mm512_and_si512(_mm512_castps_si512(a.all), _mm512_set1_epi32(0x7FFFFFFF)))};
}
ORRERY_OP(avx512) std::int32_t largest(Ints a) { return _mm512_reduce_max_epi32(a.all); }
ORRERY_OP(avx512) Ints to_ints(Vec a) { return {_mm512_cvtps_epi32(a.all)}; }
ORRERY_OP(avx512) Ints plus(Ints a, Ints b) { return {_mm512_add_epi32(a.all, b.all)}; }
ORRERY_OP(avx512) std::int32_t sum(Ints a) { return _mm512_reduce_add_epi32(a.all); }
ORRERY_OP(avx512) void store_bytes(Ints a, std::int8_t* p) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.all));
}

}  // namespace avx512
#endif

}  // namespace orrery::kernels
