// The arithmetic peak that gemm.bench.cpp measures against; see foreach_isa.hpp for how this file is compiled.

// `rounds` times a fused multiply-add on each register of a full block; gives the flops done.
ORRERY_TARGET double fma_flops(int rounds) {
  constexpr int count = ORRERY_VECS;
  Vec sum[count];
  ORRERY_UNROLL for (int i = 0; i < count; ++i) sum[i] = set(1.0F + static_cast<float>(i));  // else one would do
  const Vec factor = set(0.999F), term = set(0.001F);
  for (int round = 0; round < rounds; ++round) {
    ORRERY_UNROLL for (int i = 0; i < count; ++i) sum[i] = fma(sum[i], factor, term);
  }
  for (int i = 1; i < count; ++i) sum[0] = add(sum[0], sum[i]);
  float lane[vec_lanes];
  store(sum[0], lane);
  volatile float sink = lane[0];  // the compiler must not drop the work
  static_cast<void>(sink);
  return 2.0 * vec_lanes * count * rounds;
}
