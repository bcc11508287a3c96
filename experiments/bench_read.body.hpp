// How fast this core reads memory; see kernels/foreach_isa.hpp for how this file is compiled.

// The sum of count floats, in 1, 2, 4 or 8 streams: what is read cannot be left out.
template <int streams>
ORRERY_TARGET float read_streams(const float* data, std::size_t count) {
  constexpr int in_flight = 4;
  const std::size_t part = count / streams / (in_flight * vec_lanes) * (in_flight * vec_lanes);
  Vec sum[streams][in_flight];
  ORRERY_UNROLL for (int s = 0; s < streams; ++s) ORRERY_UNROLL for (int f = 0; f < in_flight; ++f) sum[s][f] =
      set(0.0F);
  for (std::size_t i = 0; i < part; i += in_flight * vec_lanes) {
    ORRERY_UNROLL for (int s = 0; s < streams; ++s) ORRERY_UNROLL for (int f = 0; f < in_flight; ++f) sum[s][f] =
        add(sum[s][f], load(data + s * part + i + f * vec_lanes));
  }
  Vec all = sum[0][0];
  for (int s = 0; s < streams; ++s)
    for (int f = 0; f < in_flight; ++f) all = add(all, sum[s][f]);
  float lane[vec_lanes];
  store(all, lane);
  for (int l = 1; l < vec_lanes; ++l) lane[0] += lane[l];
  return lane[0];
}
