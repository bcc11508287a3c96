// See norm.hpp for the contract and foreach_isa.hpp for how this file is compiled.
#include "kernels/reduce.body.hpp"

ORRERY_TARGET void rms_norm_row(const float* x, const float* w, float eps, float* y, int n) {
  Vec squares = set(0.0F);
  int i = 0;
  for (; i + vec_lanes <= n; i += vec_lanes) squares = fma(load(x + i), load(x + i), squares);
  // Lanes past the end add fma(0, 0, s) = s.
  if (i < n) squares = fma(load_n(x + i, n - i), load_n(x + i, n - i), squares);
  const float mean = sum_lanes(squares) / static_cast<float>(n);
  const Vec scale = set(1.0F / __builtin_sqrtf(mean + eps));
  for (i = 0; i + vec_lanes <= n; i += vec_lanes) store(mul(mul(load(x + i), scale), load(w + i)), y + i);
  if (i < n) store_n(mul(mul(load_n(x + i, n - i), scale), load_n(w + i, n - i)), y + i, n - i);
}
