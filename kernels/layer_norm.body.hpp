// See layer_norm.hpp for the contract and foreach_isa.hpp for how this file is compiled.
#include "kernels/reduce.body.hpp"

ORRERY_TARGET void layer_norm_row(const float* x, const float* w, const float* b, float eps, float* y, int n) {
  const int whole = n - n % vec_lanes, rest = n - whole;
  Vec sum = set(0.0F), squares = set(0.0F);
  for (int i = 0; i < whole; i += vec_lanes) sum = add(sum, load(x + i));
  if (rest > 0) sum = add(sum, load_n(x + whole, rest));  // lanes past the end add zero
  float mean[vec_lanes];
  store(set(sum_lanes(sum) / static_cast<float>(n)), mean);
  const Vec middle = load(mean);
  for (int i = 0; i < whole; i += vec_lanes) {
    const Vec d = sub(load(x + i), middle);
    squares = fma(d, d, squares);
  }
  if (rest > 0) {
    const Vec d = sub(load_n(x + whole, rest), load_n(mean, rest));  // past the end 0 - 0
    squares = fma(d, d, squares);
  }
  const Vec scale = set(1.0F / __builtin_sqrtf(sum_lanes(squares) / static_cast<float>(n) + eps));
  for (int i = 0; i < whole; i += vec_lanes)
    store(fma(mul(sub(load(x + i), middle), scale), load(w + i), load(b + i)), y + i);
  if (rest > 0)
    store_n(fma(mul(sub(load_n(x + whole, rest), middle), scale), load_n(w + whole, rest), load_n(b + whole, rest)),
            y + whole, rest);
}
