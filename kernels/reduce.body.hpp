// The sum of the lanes in the order that norm.hpp and attention.hpp state. Included by the bodies that need it.

ORRERY_INLINE float sum_lanes(Vec a) {
  float lane[vec_lanes];
  store(a, lane);
  for (int half = vec_lanes / 2; half >= 1; half /= 2)
    for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
  return lane[0];
}
