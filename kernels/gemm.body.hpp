// The register tile of gemm for fp32 and bf16 weights; see foreach_isa.hpp for how this file is compiled.
#include "kernels/gemm_put.body.hpp"

// How weights lie: as PackedMatrix has them, or as gemm_copy left them.
enum class Layout { fp32, bf16, copied };
template <Layout layout>
constexpr int step_bytes = layout == Layout::fp32 ? 128 : 64;

// Sixteen columns of one step, the first or the second sixteen of a panel.
template <Layout layout>
ORRERY_INLINE Vec load_weights(const std::byte* step, int second) {
  if constexpr (layout == Layout::bf16)
    return load_bf16(step, second != 0);
  else
    return load(reinterpret_cast<const float*>(step) + second * vec_lanes);
}

// Units of sixteen columns that a tile of MR rows keeps in registers.
template <int MR>
constexpr int tile_units = MR * 4 <= ORRERY_VECS ? 4 : (MR * 2 <= ORRERY_VECS ? 2 : 1);

// MR rows and NV units, the first of which is `unit` of the block. x holds the rows interleaved: element (r, i) at
// x[i * MR + r].
template <int MR, int NV, Layout layout>
ORRERY_TARGET void gemm_tile(GemmBlock b, int unit) {
  constexpr int per_panel = 2;
  const std::byte* column[NV];
  int half[NV];
  ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
    const int at = b.unit + unit + v;
    column[v] = b.w + static_cast<std::size_t>(at / per_panel) * b.panel_bytes;
    half[v] = NV == 1 ? at % per_panel : v % per_panel;  // two and four units start with a panel
  }
  fetch<MR, NV>(b, unit);
  Vec sum[MR][NV];
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = set(0.0F);
  const float* xi = b.x;
  for (std::ptrdiff_t i = 0; i < b.steps; ++i, xi += MR) {
    // The next strip of rows follows this one in memory. (Measured: 2 % at 512 rows.)
    __builtin_prefetch(xi + 128);
    Vec weight[NV];
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) weight[v] =
        load_weights<layout>(column[v] + i * step_bytes<layout>, half[v]);
    ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
      const Vec value = set(xi[r]);
      ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = fma(value, weight[v], sum[r][v]);
    }
  }
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
    ORRERY_UNROLL for (int v = 0; v < NV; ++v)
        put(b, r, unit + v, b.before == nullptr ? sum[r][v] : add(take(b, r, unit + v), sum[r][v]));
  }
}

// The tile over the block's units: as many at once as there are registers for.
template <int MR, Layout layout>
ORRERY_TARGET void gemm_strip(const GemmBlock& b) {
  constexpr int NV = layout == Layout::copied ? 1 : tile_units<MR>, rest = NV < 2 ? NV : 2;
  int unit = 0;
  for (; unit + NV <= b.units; unit += NV) gemm_tile<MR, NV, layout>(b, unit);
  for (; unit < b.units; unit += rest) gemm_tile<MR, rest, layout>(b, unit);
}

template <Layout layout>
ORRERY_TARGET void gemm_copy(const std::byte* panel, int half, int steps, float* to) {
  for (std::ptrdiff_t i = 0; i < steps; ++i)
    store(load_weights<layout>(panel + i * step_bytes<layout>, half), to + i * vec_lanes);
}

ORRERY_TARGET void gemm_pack(const float* x, std::ptrdiff_t stride, int rows, int steps, float* to) {
  for (int r = 0; r < rows; ++r) {
    const float* from = x + r * stride;
    for (std::ptrdiff_t i = 0; i < steps; ++i) to[i * rows + r] = from[i];
  }
}

// Six rows of 4 Vec, or of 1 where registers are few. (Measured: 6 x 4 reads x half as often from far as 12 x 2.)
template <Layout layout>
constexpr GemmStrip* gemm_strips[] = {gemm_strip<1, layout>, gemm_strip<2, layout>, gemm_strip<3, layout>,
                                      gemm_strip<4, layout>, gemm_strip<5, layout>, gemm_strip<6, layout>};
constexpr int gemm_units[] = {tile_units<1>, tile_units<2>, tile_units<3>, tile_units<4>, tile_units<5>, tile_units<6>};
#if ORRERY_VECS >= 24
template <Layout layout>
constexpr GemmPath gemm_path{gemm_strips<layout>, gemm_units, 6, gemm_pack};
#else
template <Layout layout>
constexpr GemmPath gemm_path{gemm_strips<layout>, gemm_units,        6,
                             gemm_pack,           gemm_copy<layout>, gemm_strips<Layout::copied>};
#endif
constexpr GemmPath fp32_path = gemm_path<Layout::fp32>, bf16_path = gemm_path<Layout::bf16>;
