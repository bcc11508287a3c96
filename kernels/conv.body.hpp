// See conv.hpp for the contract and foreach_isa.hpp for how this file is compiled. Sixteen pixels of a row are a Vec.

// Output channels of a panel that a tile keeps in registers.
constexpr int tile_channels = ORRERY_VECS >= 24 ? 8 : 4;
constexpr int tile_vecs = ORRERY_VECS >= 24 ? 2 : 1;

// NV * 16 pixels from column `column` on of tile_channels channels from `first` on.
template <int NV>
ORRERY_TARGET void conv_tile(const ConvRow& t, int first, int column) {
  Vec sum[tile_channels][NV];
  ORRERY_UNROLL for (int o = 0; o < tile_channels; ++o) ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[o][v] =
      set(0.0F);
  const float* w = t.w + first;
  for (std::ptrdiff_t c = 0; c < t.channels; ++c) {
    for (std::ptrdiff_t i = 0; i < t.kernel; ++i) {
      const float* x = t.x + c * t.plane + i * t.stride + column;
      for (std::ptrdiff_t j = 0; j < t.kernel; ++j, w += conv_panel) {
        Vec pixels[NV];
        ORRERY_UNROLL for (int v = 0; v < NV; ++v) pixels[v] = load(x + j + v * vec_lanes);
        ORRERY_UNROLL for (int o = 0; o < tile_channels; ++o) {
          const Vec weight = set(w[o]);
          ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[o][v] = fma(pixels[v], weight, sum[o][v]);
        }
      }
    }
  }
  ORRERY_UNROLL for (int o = 0; o < tile_channels; ++o) {
    if (first + o >= t.outputs) break;
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
      float* to = t.y + (first + o) * t.y_stride + column + v * vec_lanes;
      const int left = t.width - column - v * vec_lanes, n = left < vec_lanes ? left : vec_lanes;
      if (n <= 0) break;
      Vec value = t.begins ? sum[o][v] : add(n == vec_lanes ? load(to) : load_n(to, n), sum[o][v]);
      if (t.bias != nullptr) value = add(value, set(t.bias[first + o]));
      if (n == vec_lanes)
        store(value, to);
      else
        store_n(value, to, n);
    }
  }
}

ORRERY_TARGET void conv_row(const ConvRow& t) {
  for (int first = 0; first < conv_panel && first < t.outputs; first += tile_channels) {
    int column = 0;
    for (; column + (tile_vecs - 1) * vec_lanes < t.width; column += tile_vecs * vec_lanes)
      conv_tile<tile_vecs>(t, first, column);
    for (; column < t.width; column += vec_lanes) conv_tile<1>(t, first, column);
  }
}
