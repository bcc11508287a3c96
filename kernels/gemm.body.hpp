// The register tile of gemm for fp32 and bf16 weights; see foreach_isa.hpp for how this file is compiled.

#include "kernels/gemm_put.body.hpp"

// Sixteen columns of one step, the first or the second sixteen of a panel.
template <bool bf16>
ORRERY_INLINE Vec load_weights(const std::byte* step, int second) {
  if constexpr (bf16)
    return load_bf16(step, second != 0);
  else
    return load(reinterpret_cast<const float*>(step) + second * vec_lanes);
}

// Output columns in units of a Vec that a tile of MR rows keeps in registers: a power of two.
template <int MR>
constexpr int tile_vecs = MR * 4 <= ORRERY_VECS ? 4 : (MR * 2 <= ORRERY_VECS ? 2 : 1);

// MR rows and NV * 16 columns, the first of which is column 16 * unit.
// x holds the rows interleaved: element (r, i) at x[i * MR + r].
template <int MR, int NV, bool bf16>
ORRERY_TARGET void gemm_tile(const GemmBlock& b, int unit) {
  constexpr int per_panel = 2, step_bytes = 32 * (bf16 ? 2 : 4);
  const std::byte* column[NV];
  ORRERY_UNROLL for (int v = 0; v < NV; ++v) column[v] =
      b.w + static_cast<std::size_t>((unit + v) / per_panel) * b.panel_bytes;
  Vec sum[MR][NV];
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = set(0.0F);
  const float* xi = b.x;
  for (std::ptrdiff_t i = 0; i < b.steps; ++i, xi += MR) {
    Vec weight[NV];
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) weight[v] =
        load_weights<bf16>(column[v] + i * step_bytes, (unit + v) % per_panel);
    ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
      const Vec value = set(xi[r]);
      ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = fma(value, weight[v], sum[r][v]);
    }
  }
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v)
      put(b, r, (unit + v) * vec_lanes, sum[r][v]);
}

// The tile over the block's panels.
template <int MR, bool bf16>
ORRERY_TARGET void gemm_strip(const GemmBlock& b) {
  constexpr int NV = tile_vecs<MR>, rest = NV < 2 ? NV : 2;
  int unit = 2 * b.p0;
  for (; unit + NV <= 2 * b.p1; unit += NV) gemm_tile<MR, NV, bf16>(b, unit);
  for (; unit < 2 * b.p1; unit += rest) gemm_tile<MR, rest, bf16>(b, unit);
}

ORRERY_TARGET void gemm_pack(const float* x, std::ptrdiff_t stride, int rows, int steps, float* to) {
  for (int r = 0; r < rows; ++r) {
    const float* from = x + r * stride;
    for (std::ptrdiff_t i = 0; i < steps; ++i) to[i * rows + r] = from[i];
  }
}

// 12 rows x 2 Vec or 6 rows x 1 Vec.
constexpr int gemm_rows = ORRERY_VECS / 2 < 6 ? 6 : ORRERY_VECS / 2;

// clang-format off
template <bool bf16>
constexpr GemmStrip* gemm_strips[] = {gemm_strip<1, bf16>, gemm_strip<2, bf16>, gemm_strip<3, bf16>,
                                      gemm_strip<4, bf16>, gemm_strip<5, bf16>, gemm_strip<6, bf16>,
#if ORRERY_VECS >= 24
                                      gemm_strip<7, bf16>, gemm_strip<8, bf16>, gemm_strip<9, bf16>,
                                      gemm_strip<10, bf16>, gemm_strip<11, bf16>, gemm_strip<12, bf16>
#endif
};
// clang-format on
template <bool bf16>
constexpr GemmPath gemm_path{gemm_strips<bf16>, gemm_rows, ORRERY_VECS / 4, gemm_pack};
