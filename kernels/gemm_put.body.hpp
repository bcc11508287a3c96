// How a tile of gemm leaves its sums. Included by the tiles' bodies.

// Sixteen columns of row r, the first of which is `column`; what is past n is not there.
ORRERY_INLINE void put(const GemmBlock& b, int r, int column, Vec sum) {
  float* out = b.y + r * b.y_stride + column;
  if (column + vec_lanes <= b.n)
    store(b.first ? sum : add(load(out), sum), out);
  else if (column < b.n)
    store_n(b.first ? sum : add(load_n(out, b.n - column), sum), out, b.n - column);
}
