// The register tile of gemm; see foreach_isa.hpp for how this file is compiled.

// Output columns in units of a Vec that a tile of MR rows keeps in registers: a power of two.
template <int MR>
constexpr int tile_vecs = MR * 4 <= ORRERY_VECS ? 4 : (MR * 2 <= ORRERY_VECS ? 2 : 1);

// One k block [k0, k1) of MR rows and NV * 16 columns, the first of which is column 16 * unit.
// x holds the rows interleaved: element (r, i) at x[i * MR + r].
template <int MR, int NV>
ORRERY_TARGET void gemm_tile(const float* x, const float* w, int k, int k0, int k1, int unit, float* y,
                             std::ptrdiff_t y_stride, int n) {
  constexpr int panel = 32, per_panel = 2;
  const float* column[NV];
  ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
    const std::ptrdiff_t p = (unit + v) / per_panel;
    column[v] = w + (p * k + k0) * panel + (unit + v) % per_panel * vec_lanes;
  }
  Vec sum[MR][NV];
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = set(0.0F);
  const float* xi = x + static_cast<std::ptrdiff_t>(k0) * MR;
  for (std::ptrdiff_t i = 0; i < k1 - k0; ++i, xi += MR) {
    Vec weight[NV];
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) weight[v] = load(column[v] + i * panel);
    ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
      const Vec value = set(xi[r]);
      ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = fma(value, weight[v], sum[r][v]);
    }
  }
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
    const int first = (unit + v) * vec_lanes;
    float* out = y + r * y_stride + first;
    if (first + vec_lanes <= n)
      store(k0 == 0 ? sum[r][v] : add(load(out), sum[r][v]), out);
    else if (first < n)
      store_n(k0 == 0 ? sum[r][v] : add(load_n(out, n - first), sum[r][v]), out, n - first);
  }
}

// The tile over panels [p0, p1).
template <int MR>
ORRERY_TARGET void gemm_strip(const float* x, const float* w, int k, int k0, int k1, int p0, int p1, float* y,
                              std::ptrdiff_t y_stride, int n) {
  constexpr int NV = tile_vecs<MR>, rest = NV < 2 ? NV : 2;
  int unit = 2 * p0;
  for (; unit + NV <= 2 * p1; unit += NV) gemm_tile<MR, NV>(x, w, k, k0, k1, unit, y, y_stride, n);
  for (; unit < 2 * p1; unit += rest) gemm_tile<MR, rest>(x, w, k, k0, k1, unit, y, y_stride, n);
}

// What gemm.cpp needs to know about this instruction set.
constexpr int gemm_rows = ORRERY_VECS / 2 < 6 ? 6 : ORRERY_VECS / 2;  // 12 rows x 2 Vec or 6 rows x 1 Vec

// clang-format off
constexpr GemmStrip* gemm_strips[] = {gemm_strip<1>, gemm_strip<2>, gemm_strip<3>,
                                      gemm_strip<4>, gemm_strip<5>, gemm_strip<6>,
#if ORRERY_VECS >= 24
                                      gemm_strip<7>, gemm_strip<8>, gemm_strip<9>,
                                      gemm_strip<10>, gemm_strip<11>, gemm_strip<12>
#endif
};
// clang-format on
constexpr GemmPath gemm_path{gemm_strips, gemm_rows, ORRERY_VECS};
