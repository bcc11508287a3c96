// See mlp.hpp for the contract and foreach_isa.hpp for how this file is compiled.
#include "kernels/exp.body.hpp"

ORRERY_INLINE Vec silu_of(Vec g) { return div(g, add(set(1.0F), exp(mul(set(-1.0F), g)))); }

ORRERY_TARGET void swiglu_row(const float* gate, const float* up, float* h, int n) {
  int i = 0;
  for (; i + vec_lanes <= n; i += vec_lanes) store(mul(silu_of(load(gate + i)), load(up + i)), h + i);
  if (i < n) store_n(mul(silu_of(load_n(gate + i, n - i)), load_n(up + i, n - i)), h + i, n - i);
}

ORRERY_TARGET void silu_row(const float* x, float* y, int n) {
  int i = 0;
  for (; i + vec_lanes <= n; i += vec_lanes) store(silu_of(load(x + i)), y + i);
  if (i < n) store_n(silu_of(load_n(x + i, n - i)), y + i, n - i);
}

ORRERY_TARGET void add_gated_row(const float* gate, const float* y, float* x, int n) {
  int i = 0;
  for (; i + vec_lanes <= n; i += vec_lanes) store(fma(load(gate + i), load(y + i), load(x + i)), x + i);
  if (i < n) store_n(fma(load_n(gate + i, n - i), load_n(y + i, n - i), load_n(x + i, n - i)), x + i, n - i);
}
