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

// How far ahead of its reading weights are asked for: the first strip of rows reads them from memory. (Measured: a
// sixth at four rows, a twentieth at sixteen.)
constexpr std::ptrdiff_t weights_ahead = 1280;

// `steps` steps of the chains of MR rows and NV units, of which two make a panel; one unit is half `half` of one. x
// holds the rows interleaved: element (r, i) at x[i * MR + r].
template <int MR, int NV, Layout layout>
ORRERY_INLINE void gemm_steps(const float* x, const std::byte* const (&panel)[(NV + 1) / 2], int half,
                              std::ptrdiff_t steps, Vec (&sum)[MR][NV]) {
  ORRERY_UNROLL_4 for (std::ptrdiff_t i = 0; i < steps; ++i, x += MR) {
    // The next strip of rows follows this one in memory. (Measured with the unrolling: 5 % at 512 rows on AVX2.)
    if (MR > 1) __builtin_prefetch(x + 384);
    Vec weight[NV];
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
      const std::byte* step = panel[v / 2] + i * step_bytes<layout>;
      const int second = NV == 1 ? half : v % 2;
      if (layout == Layout::fp32 || (layout == Layout::bf16 && v % 2 == 0))
        __builtin_prefetch(step + (layout == Layout::fp32 ? second * 64 : 0) + weights_ahead);
      weight[v] = load_weights<layout>(step, second);
    }
    ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
      const Vec value = set(x[r]);
      ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = fma(value, weight[v], sum[r][v]);
    }
  }
}

// MR rows and NV units, the first of which is `unit` of the block.
template <int MR, int NV, Layout layout>
ORRERY_TARGET void gemm_tile(GemmBlock b, int unit) {
  constexpr int panels = (NV + 1) / 2;
  const int first = b.unit + unit;  // two and more units start with a panel
  const std::byte* panel[panels];
  find_panels(b.w, b.panel_bytes, first / 2, 1, panel);
  fetch<MR, NV>(b, unit);
  Vec sum[MR][NV];
  clear(sum);
  gemm_steps<MR, NV, layout>(b.x, panel, first % 2, b.steps, sum);
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

// One row and `panels` panels, the first of which is `first` and each `apart` panels from the next, all k blocks.
template <int panels, Layout layout>
ORRERY_TARGET void gemm_row_panels(const GemmRow& b, int first, int apart) {
  const std::byte* panel[panels];
  find_panels(b.w, b.panel_bytes, first, apart, panel);
  Vec total[2 * panels];
  for (int i = 0; i < b.k; i += b.k_block) {
    const int steps = b.k - i < b.k_block ? b.k - i : b.k_block;
    Vec sum[1][2 * panels];
    clear(sum);
    gemm_steps<1, 2 * panels, layout>(b.x + i, panel, 0, steps, sum);
    ORRERY_UNROLL for (int v = 0; v < 2 * panels; ++v) total[v] = i == 0 ? sum[0][v] : add(total[v], sum[0][v]);
    ORRERY_UNROLL for (int p = 0; p < panels; ++p) panel[p] += steps * step_bytes<layout>;
  }
  put_row(b, first, apart, total);
}

// The panels in as many streams as are read side by side.
template <Layout layout>
ORRERY_TARGET void gemm_row(const GemmRow& b) {
  const int apart = b.panels / row_streams;
  for (int panel = 0; panel < apart; ++panel) gemm_row_panels<row_streams, layout>(b, panel, apart);
  for (int panel = apart * row_streams; panel < b.panels; ++panel) gemm_row_panels<1, layout>(b, panel, 0);
}

template <Layout layout>
ORRERY_TARGET void gemm_copy(const std::byte* panel, int half, int steps, float* to) {
  for (std::ptrdiff_t i = 0; i < steps; ++i) {
    const std::byte* step = panel + i * step_bytes<layout>;
    __builtin_prefetch(step + weights_ahead);
    store(load_weights<layout>(step, half), to + i * vec_lanes);
  }
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
constexpr bool few_registers = ORRERY_VECS < 24;
template <Layout layout>
constexpr GemmPath gemm_path{.strips = gemm_strips<layout>,
                             .units = gemm_units,
                             .rows = 6,
                             .pack = gemm_pack,
                             .row = gemm_row<layout>,
                             .copy = few_registers ? gemm_copy<layout> : nullptr,
                             .copied_strips = few_registers ? gemm_strips<Layout::copied> : nullptr,
                             .asks_ahead = few_registers};
constexpr GemmPath fp32_path = gemm_path<Layout::fp32>, bf16_path = gemm_path<Layout::bf16>;
