// The register tile of gemm for int8 and int4 weights; see foreach_isa.hpp for how this file is compiled.
//
// Weights are unsigned here: q + zero, zero = 128 (int8) or 8 (int4). dot(q + zero, x) = dot(q, x) + zero sum(x), so
// the sums over a block start at -zero sum(x), which the packed activations bring along.
#include "kernels/gemm_put.body.hpp"

// A block of 32 steps of a strip of MR rows: eight quads of each row, -zero sum(x) and the scale of each row.
constexpr int block_words = 10, scale_bytes = 64;

template <int MR>
ORRERY_INLINE std::int32_t packed_int(const float* block, int word, int r) {
  std::int32_t out;
  __builtin_memcpy(&out, block + word * MR + r, sizeof out);
  return out;
}

// Quads g and g + 1 of sixteen columns: two of a block's eight groups of four steps, g even.
template <bool int4>
ORRERY_INLINE void load_weights(const std::byte* column, int g, Quads* out) {
  if constexpr (int4) {
    out[0] = low_nibbles(column + g / 2 * 128);
    out[1] = high_nibbles(column + g / 2 * 128);
  } else {
    out[0] = load_quads(column + g * 128);
    out[1] = load_quads(column + (g + 1) * 128);
  }
}

template <int MR, int NV, bool int4>
ORRERY_TARGET void bytes_tile(const GemmBlock& b, int unit) {
  constexpr int per_panel = 2;
  constexpr std::ptrdiff_t weight_bytes = int4 ? 512 : 1024;
  const std::byte* column[NV];
  ORRERY_UNROLL for (int v = 0; v < NV; ++v) column[v] =
      b.w + static_cast<std::size_t>((unit + v) / per_panel) * b.panel_bytes + (unit + v) % per_panel * 64;
  Vec sum[MR][NV];
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = set(0.0F);
  const float* x = b.x;
  for (int i = 0; i < b.steps; i += 32, x += MR * block_words) {
    Ints dots[MR][NV];
    ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v) dots[r][v] =
        set_ints(packed_int<MR>(x, 8, r));
    ORRERY_UNROLL for (int g = 0; g < 8; g += 2) {
      Quads weight[NV][2];
      ORRERY_UNROLL for (int v = 0; v < NV; ++v) load_weights<int4>(column[v], g, weight[v]);
      ORRERY_UNROLL for (int h = 0; h < 2; ++h) {
        ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
          const Quad four = set_quad(packed_int<MR>(x, g + h, r));
          ORRERY_UNROLL for (int v = 0; v < NV; ++v) dots[r][v] = dot(dots[r][v], weight[v][h], four);
        }
      }
    }
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
      const Vec scale = load_half(column[v] + weight_bytes - (unit + v) % per_panel * 32);
      ORRERY_UNROLL for (int r = 0; r < MR; ++r) sum[r][v] =
          fma(to_float(dots[r][v]), mul(set(x[9 * MR + r]), scale), sum[r][v]);
      column[v] += weight_bytes + scale_bytes;
    }
  }
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v)
      put(b, r, (unit + v) * vec_lanes, sum[r][v]);
}

template <int MR, bool int4>
ORRERY_TARGET void bytes_strip(const GemmBlock& b) {
  constexpr int NV = MR * 4 <= ORRERY_VECS / 6 ? 4 : (MR == 1 || ORRERY_VECS >= 24 ? 2 : 1), rest = NV < 2 ? NV : 2;
  int unit = 2 * b.p0;
  for (; unit + NV <= 2 * b.p1; unit += NV) bytes_tile<MR, NV, int4>(b, unit);
  for (; unit < 2 * b.p1; unit += rest) bytes_tile<MR, rest, int4>(b, unit);
}

// Quantises; gemm.hpp says how. What is past `steps` in the last block is zero.
template <bool int4>
ORRERY_TARGET void bytes_pack(const float* x, std::ptrdiff_t stride, int rows, int steps, float* to) {
  constexpr int zero = int4 ? 8 : 128;
  const Vec none = set(0.0F);
  for (int i = 0; i < steps; i += 32, to += static_cast<std::ptrdiff_t>(rows) * block_words) {
    const int first = steps - i < vec_lanes ? steps - i : vec_lanes;
    const int second = steps - i - first < vec_lanes ? steps - i - first : vec_lanes;
    for (int r = 0; r < rows; ++r) {
      const float* from = x + r * stride + i;
      const Vec a = first == vec_lanes ? load(from) : load_n(from, first);
      const Vec b =
          second == vec_lanes ? load(from + vec_lanes) : (second > 0 ? load_n(from + vec_lanes, second) : none);
      const std::uint32_t bits = largest_bits(a, b);
      const bool finite = bits < 0x7F800000U, tiny = bits < 0x0D800000U;  // infinity and NaN; 2^-100
      const float most = __builtin_bit_cast(float, bits);
      const Vec inverse = set(tiny ? 0.0F : 127.0F / most);
      // Where a value is not finite, all become integers of no meaning: the scale is NaN and so is the sum.
      const Ints qa = to_ints(finite ? mul(a, inverse) : none), qb = to_ints(finite ? mul(b, inverse) : none);
      std::int8_t q[32];
      store_bytes(qa, q), store_bytes(qb, q + vec_lanes);
      for (int g = 0; g < 8; ++g) __builtin_memcpy(to + g * rows + r, q + 4 * g, 4);
      const std::int32_t start = -zero * (sum(qa) + sum(qb));
      __builtin_memcpy(to + 8 * rows + r, &start, 4);
      to[9 * rows + r] = finite ? (tiny ? 0.0F : most / 127.0F) : __builtin_nanf("");
    }
  }
}

// clang-format off
template <bool int4>
constexpr GemmStrip* bytes_strips[] = {bytes_strip<1, int4>, bytes_strip<2, int4>, bytes_strip<3, int4>,
                                       bytes_strip<4, int4>,
#if ORRERY_VECS >= 24
                                       bytes_strip<5, int4>, bytes_strip<6, int4>
#endif
};
// clang-format on
template <bool int4>
constexpr GemmPath bytes_path{bytes_strips<int4>, ORRERY_VECS >= 24 ? 6 : 4, 1, bytes_pack<int4>};
