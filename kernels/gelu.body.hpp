// See gelu.hpp for the contract and foreach_isa.hpp for how this file is compiled.
#include "kernels/exp.body.hpp"

template <int count>
ORRERY_INLINE Vec polynomial(const float (&coefficients)[count], Vec x) {
  Vec sum = set(coefficients[count - 1]);
  ORRERY_UNROLL for (int i = count - 2; i >= 0; --i) sum = fma(sum, x, set(coefficients[i]));
  return sum;
}

ORRERY_INLINE Vec erf(Vec z) {
  const Vec zero = set(0.0F), one = set(1.0F), four = set(4.0F);
  const Vec size = max(z, sub(zero, z));
  const Vec near = mul(z, polynomial(erf_low, mul(z, z)));
  const Vec far = sub(one, exp(polynomial(erf_high, select_less(size, four, size, four))));
  return select_less(size, one, near, select_less(z, zero, sub(zero, far), far));
}

ORRERY_INLINE Vec gelu_of(Vec x, bool exact) {
  const Vec one = set(1.0F);
  if (exact) return mul(mul(x, set(0.5F)), add(one, erf(mul(x, set(half_root)))));
  const Vec inner = fma(mul(set(cubic), mul(x, x)), x, x);
  return div(x, add(one, exp(mul(set(minus_twice_root), inner))));
}

ORRERY_TARGET void gelu_row(bool exact, const float* x, float* y, int n) {
  int i = 0;
  for (; i + vec_lanes <= n; i += vec_lanes) store(gelu_of(load(x + i), exact), y + i);
  if (i < n) store_n(gelu_of(load_n(x + i, n - i), exact), y + i, n - i);
}
