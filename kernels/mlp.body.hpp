// See mlp.hpp for the contract and foreach_isa.hpp for how this file is compiled.
#include "kernels/exp.body.hpp"

ORRERY_TARGET void swiglu_row(const float* gate, const float* up, float* h, int n) {
  const Vec one = set(1.0F), minus = set(-1.0F);
  int i = 0;
  for (; i + vec_lanes <= n; i += vec_lanes) {
    const Vec g = load(gate + i);
    store(mul(div(g, add(one, exp(mul(minus, g)))), load(up + i)), h + i);
  }
  if (i < n) {
    const Vec g = load_n(gate + i, n - i);
    store_n(mul(div(g, add(one, exp(mul(minus, g)))), load_n(up + i, n - i)), h + i, n - i);
  }
}
