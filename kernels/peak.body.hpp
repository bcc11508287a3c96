// See peak.hpp for the contract and foreach_isa.hpp for how this file is compiled.

// `rounds` times a fused multiply-add on each register of a full block; gives the flops done.
ORRERY_TARGET inline double fma_flops(int rounds) {
  constexpr int count = ORRERY_VECS;
  Vec sum[count];
  // Every lane starts with another number: of equal registers the compiler would keep one.
  ORRERY_UNROLL for (int i = 0; i < count; ++i) {
    float start[vec_lanes];
    for (int l = 0; l < vec_lanes; ++l) start[l] = static_cast<float>(i * vec_lanes + l);
    sum[i] = load(start);
  }
  const Vec factor = set(0.999F), term = set(0.001F);
  for (int round = 0; round < rounds; ++round) {
    ORRERY_UNROLL for (int i = 0; i < count; ++i) sum[i] = fma(sum[i], factor, term);
  }
  for (int i = 1; i < count; ++i) sum[0] = add(sum[0], sum[i]);
  float lane[vec_lanes];
  store(sum[0], lane);
  for (int l = 1; l < vec_lanes; ++l) lane[0] += lane[l];
  volatile float sink = lane[0];  // nothing above may be left out
  static_cast<void>(sink);
  return 2.0 * vec_lanes * count * rounds;
}

// Four vectors of each stream a step; their sums keep the loads.
ORRERY_TARGET inline double read_streams(const float* data, std::ptrdiff_t floats, int streams) {
  const std::ptrdiff_t part = floats / streams;
  Vec sum[4] = {set(0.0F), set(0.0F), set(0.0F), set(0.0F)};
  for (std::ptrdiff_t i = 0; i < part; i += 4 * vec_lanes)
    for (int s = 0; s < streams; ++s)
      ORRERY_UNROLL for (int v = 0; v < 4; ++v) sum[v] = add(sum[v], load(data + s * part + i + v * vec_lanes));
  float lane[vec_lanes];
  store(add(add(sum[0], sum[1]), add(sum[2], sum[3])), lane);
  for (int l = 1; l < vec_lanes; ++l) lane[0] += lane[l];
  volatile float sink = lane[0];  // nothing above may be left out
  static_cast<void>(sink);
  return 4.0 * static_cast<double>(floats);
}
