// Where tiles begin: panels, the sums so far, and where these go. Included by the bodies of gemm's tiles. Unit v is
// sixteen columns of row r.

// Where panels begin: `first`, and those that follow it, each `apart` panels from the next.
template <int panels>
ORRERY_INLINE void find_panels(const std::byte* w, std::size_t panel_bytes, int first, int apart,
                               const std::byte* (&panel)[panels]) {
  ORRERY_UNROLL for (int p = 0; p < panels; ++p) panel[p] =
      w + static_cast<std::size_t>(first + p * apart) * panel_bytes;
}

template <int MR, int NV>
ORRERY_INLINE void clear(Vec (&sum)[MR][NV]) {
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[r][v] = set(0.0F);
}

// Starts to fetch what take will want.
template <int MR, int NV>
ORRERY_INLINE void fetch(const GemmBlock& b, int unit) {
  if (b.before == nullptr) return;
  ORRERY_UNROLL for (int r = 0; r < MR; ++r) ORRERY_UNROLL for (int v = 0; v < NV; ++v)
      __builtin_prefetch(b.before + r * b.before_stride + (unit + v) * vec_lanes);
}

// Zero where there are none; what is past the last column is zero.
ORRERY_INLINE Vec take(const GemmBlock& b, int r, int v) {
  if (b.before == nullptr) return set(0.0F);
  const int left = b.columns - v * vec_lanes;
  const float* from = b.before + r * b.before_stride + v * vec_lanes;
  return left >= vec_lanes ? load(from) : load_n(from, left > 0 ? left : 0);
}

ORRERY_INLINE void put(const GemmBlock& b, int r, int v, Vec sum) {
  const int left = b.columns - v * vec_lanes;
  float* to = b.out + r * b.out_stride + v * vec_lanes;
  if (left >= vec_lanes)
    store(sum, to);
  else if (left > 0)
    store_n(sum, to, left);
}

// Streams of panels that a single row reads side by side: more keep more of memory's lines under way. (Measured on a
// Zen 5: two reach 80 % of what a core reads, four all of it.)
constexpr int row_streams = ORRERY_VECS >= 24 ? 4 : 2;

// Columns of panel `first` and of those that follow it, each `apart` panels from the next.
template <int units>
ORRERY_INLINE void put_row(const GemmRow& b, int first, int apart, const Vec (&total)[units]) {
  ORRERY_UNROLL for (int v = 0; v < units; ++v) {
    const int column = (2 * (first + v / 2 * apart) + v % 2) * vec_lanes, left = b.columns - column;
    if (left >= vec_lanes)
      store(total[v], b.out + column);
    else if (left > 0)
      store_n(total[v], b.out + column, left);
  }
}
