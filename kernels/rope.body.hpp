// See rope.hpp for the contract and foreach_isa.hpp for how this file is compiled.

// Pairs (i, i + half) of one head.
ORRERY_TARGET void rope_half_split(float* x, const float* cosine, const float* sine, int half) {
  const Vec minus = set(-1.0F);
  for (int i = 0; i < half; i += vec_lanes) {
    const int n = half - i < vec_lanes ? half - i : vec_lanes;
    const Vec a = load_n(x + i, n), b = load_n(x + half + i, n), c = load_n(cosine + i, n), s = load_n(sine + i, n);
    store_n(fma(a, c, mul(minus, mul(b, s))), x + i, n);
    store_n(fma(a, s, mul(b, c)), x + half + i, n);
  }
}

// Pairs (2 i, 2 i + 1) of one head.
ORRERY_TARGET void rope_interleaved(float* x, const float* cosine, const float* sine, int half) {
  for (int i = 0; i < half; ++i) {
    const float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = __builtin_fmaf(a, cosine[i], -(b * sine[i]));
    x[2 * i + 1] = __builtin_fmaf(a, sine[i], b * cosine[i]);
  }
}
