// The register tile of gemm for int8 and int4 weights; see foreach_isa.hpp for how this file is compiled.
//
// Weights are unsigned here: q + zero, zero = 128 (int8) or 8 (int4). dot(q + zero, x) = dot(q, x) + zero sum(x), so
// the sums over a block start at -zero sum(x), which the packed activations bring along: for each block of 32 steps,
// eight quads of every row and then that start of every row; after the last block, the scale of every row.
#include "kernels/gemm_put.body.hpp"

ORRERY_INLINE Ints load_start(const float* p) {
  std::int32_t start;
  __builtin_memcpy(&start, p, sizeof start);
  return set_ints(start);
}

// Quad g of sixteen columns: one of a block's eight groups of four steps.
template <bool int4>
ORRERY_INLINE Quads load_weights(const std::byte* column, int g) {
  if constexpr (int4)
    return g % 2 == 0 ? low_nibbles(column + g / 2 * 128) : high_nibbles(column + g / 2 * 128);
  else
    return load_quads(column + g * 128);
}

constexpr int block_words = 9;  // that a row's 32 steps take
template <bool int4>
constexpr std::ptrdiff_t weight_bytes = int4 ? 512 : 1024;
template <bool int4>
constexpr std::ptrdiff_t block_bytes = weight_bytes<int4> + 64;
// How far ahead of its reading weights are asked for: the first strip of rows reads them from memory. (Measured: 4 % at
// 64 rows.)
constexpr std::ptrdiff_t weights_ahead = 1280;

// A block of 32 steps joins the chains of MR rows and NV units, of which two make a panel; one unit is half `half` of
// one.
template <int MR, int NV, bool int4>
ORRERY_INLINE void bytes_block(const float* x, const std::byte* const (&panel)[(NV + 1) / 2], int half,
                               Vec (&sum)[MR][NV]) {
  Ints dots[MR][NV];
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
    const Ints start = load_start(x + 8 * MR + r);
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) dots[r][v] = start;
  }
  ORRERY_UNROLL for (int g = 0; g < 8; ++g) {
    Quads weight[NV];
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
      const std::byte* column = panel[v / 2] + (NV == 1 ? half : v % 2) * 64;
      if (!int4 || g % 2 == 0) ask_for(column + (int4 ? g / 2 : g) * 128 + weights_ahead);
      weight[v] = load_weights<int4>(column, g);
    }
    ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
      const Quad four = load_quad(x + g * MR + r);
      ORRERY_UNROLL for (int v = 0; v < NV; ++v) dots[r][v] = dot(dots[r][v], weight[v], four);
    }
  }
  ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
    const std::byte* scales = panel[v / 2] + weight_bytes<int4>;
    if (v % 2 == 0) ask_for(scales + weights_ahead);
    const Vec scale = load_half(scales + (NV == 1 ? half : v % 2) * 32);
    ORRERY_UNROLL for (int r = 0; r < MR; ++r) sum[r][v] = fma(to_float(dots[r][v]), scale, sum[r][v]);
  }
}

// The sums of a k block, times each row's scale, join those before. Whole: all columns are there; first: there are none
// before.
template <int MR, int NV, bool whole, bool first>
ORRERY_INLINE void bytes_put(const GemmBlock& b, int unit, const Vec (&sum)[MR][NV], const float* scales) {
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) {
    const Vec scale = set(scales[r]);
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
      const std::ptrdiff_t column = (unit + v) * vec_lanes;
      if constexpr (whole)
        store(fma(sum[r][v], scale, first ? set(0.0F) : load(b.before + r * b.before_stride + column)),
              b.out + r * b.out_stride + column);
      else
        put(b, r, unit + v, fma(sum[r][v], scale, take(b, r, unit + v)));
    }
  }
}

// MR rows and NV units, the first of which is `unit` of the block.
template <int MR, int NV, bool int4>
ORRERY_TARGET void bytes_tile(GemmBlock b, int unit) {
  constexpr int panels = (NV + 1) / 2;
  const int first = b.unit + unit;  // two and more units start with a panel
  const std::byte* panel[panels];
  find_panels(b.w, b.panel_bytes, first / 2, 1, panel);
  fetch<MR, NV>(b, unit);
  Vec sum[MR][NV];
  clear(sum);
  const float* x = b.x;
  for (int i = 0; i < b.steps; i += 32, x += MR * block_words) {
    bytes_block<MR, NV, int4>(x, panel, first % 2, sum);
    ORRERY_UNROLL for (int p = 0; p < panels; ++p) panel[p] += block_bytes<int4>;
  }
  // Decided once, not for each of the sums: a tile is short. (Measured: 2 % of a product.)
  if (b.columns < (unit + NV) * vec_lanes)
    bytes_put<MR, NV, false, false>(b, unit, sum, x);
  else if (b.before == nullptr)
    bytes_put<MR, NV, true, true>(b, unit, sum, x);
  else
    bytes_put<MR, NV, true, false>(b, unit, sum, x);
}

// One row and `panels` panels, the first of which is `first` and each `apart` panels from the next, all k blocks.
template <int panels, bool int4>
ORRERY_TARGET void bytes_row_panels(const GemmRow& b, int first, int apart) {
  const std::byte* panel[panels];
  find_panels(b.w, b.panel_bytes, first, apart, panel);
  Vec total[2 * panels];
  ORRERY_UNROLL for (int v = 0; v < 2 * panels; ++v) total[v] = set(0.0F);
  const float* x = b.x;
  for (int k0 = 0; k0 < b.k; k0 += b.k_block) {
    const int end = b.k - k0 < b.k_block ? b.k : k0 + b.k_block;
    Vec sum[1][2 * panels];
    clear(sum);
    for (int i = k0; i < end; i += 32, x += block_words) {
      bytes_block<1, 2 * panels, int4>(x, panel, 0, sum);
      ORRERY_UNROLL for (int p = 0; p < panels; ++p) panel[p] += block_bytes<int4>;
    }
    const Vec scale = set(*x++);
    ORRERY_UNROLL for (int v = 0; v < 2 * panels; ++v) total[v] = fma(sum[0][v], scale, total[v]);
  }
  put_row(b, first, apart, total);
}

template <bool int4>
ORRERY_TARGET void bytes_row(const GemmRow& b) {
  const int apart = b.panels / row_streams;
  for (int panel = 0; panel < apart; ++panel) bytes_row_panels<row_streams, int4>(b, panel, apart);
  for (int panel = apart * row_streams; panel < b.panels; ++panel) bytes_row_panels<1, int4>(b, panel, 0);
}

// Units of sixteen columns at once: integers and floats both want a register for each row of each.
template <int MR>
constexpr int bytes_units = MR * 8 <= ORRERY_VECS ? 4 : (MR == 1 || ORRERY_VECS >= 24 ? 2 : 1);

template <int MR, bool int4>
ORRERY_TARGET void bytes_strip(const GemmBlock& b) {
  constexpr int NV = bytes_units<MR>, rest = NV < 2 ? NV : 2;
  int unit = 0;
  for (; unit + NV <= b.units; unit += NV) bytes_tile<MR, NV, int4>(b, unit);
  for (; unit < b.units; unit += rest) bytes_tile<MR, rest, int4>(b, unit);
}

// Sixteen values from i on; zeros past `steps`.
ORRERY_INLINE Vec load_steps(const float* x, int i, int steps) {
  return steps - i >= vec_lanes ? load(x + i) : (steps > i ? load_n(x + i, steps - i) : set(0.0F));
}

// Quantises a k block of each row; gemm.hpp says how. What is past `steps` in its last 32 is zero.
template <bool int4>
ORRERY_TARGET void bytes_pack(const float* x, std::ptrdiff_t stride, int rows, int steps, float* to) {
  constexpr int zero = int4 ? 8 : 128;
  float* scales = to + static_cast<std::ptrdiff_t>((steps + 31) / 32) * rows * block_words;
  for (int r = 0; r < rows; ++r) {
    const float* from = x + r * stride;
    Ints sizes = set_ints(0);
    int i = 0;
    for (; i + vec_lanes <= steps; i += vec_lanes) sizes = larger_bits(sizes, load(from + i));
    if (i < steps) sizes = larger_bits(sizes, load_n(from + i, steps - i));
    const std::int32_t most_bits = largest(sizes);
    const float most = __builtin_bit_cast(float, most_bits);
    const bool finite = most_bits < 0x7F800000, tiny = most < 0x1p-100F;
    const Vec none = set(0.0F), inverse = set(finite && !tiny ? 127.0F / most : 0.0F);
    scales[r] = finite ? (tiny ? 0.0F : most / 127.0F) : __builtin_nanf("");
    float* block = to + r;
    for (i = 0; i < steps; i += 2 * vec_lanes, block += static_cast<std::ptrdiff_t>(rows) * block_words) {
      // Where a value is not finite the integers mean nothing: with a scale of NaN neither do the sums.
      const Ints a = to_ints(finite ? mul(load_steps(from, i, steps), inverse) : none);
      const Ints b = to_ints(finite ? mul(load_steps(from, i + vec_lanes, steps), inverse) : none);
      std::int8_t q[2 * vec_lanes];
      store_bytes(a, q), store_bytes(b, q + vec_lanes);
      for (int g = 0; g < 8; ++g) __builtin_memcpy(block + g * rows, q + 4 * g, 4);
      const std::int32_t start = -zero * sum(plus(a, b));
      __builtin_memcpy(block + 8 * rows, &start, 4);
    }
  }
}

constexpr int bytes_rows = ORRERY_VECS >= 24 ? 6 : 4;
template <bool int4>
constexpr GemmStrip* bytes_strips[] = {bytes_strip<1, int4>, bytes_strip<2, int4>, bytes_strip<3, int4>,
                                       bytes_strip<4, int4>,
#if ORRERY_VECS >= 24
                                       bytes_strip<5, int4>, bytes_strip<6, int4>
#endif
};
constexpr int bytes_units_of[] = {bytes_units<1>, bytes_units<2>, bytes_units<3>,
                                  bytes_units<4>, bytes_units<5>, bytes_units<6>};
template <bool int4>
constexpr GemmPath bytes_path{.strips = bytes_strips<int4>,
                              .units = bytes_units_of,
                              .rows = bytes_rows,
                              .pack = bytes_pack<int4>,
                              .row = bytes_row<int4>,
                              .asks_ahead = true};
