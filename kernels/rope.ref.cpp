#include "kernels/rope.hpp"

#include <cmath>

namespace orrery::kernels::ref {

void rope(MatrixView x, int first_position, const RopeTable& table, RopeLayout layout) {
  const int half = table.head_dim / 2;
  for (int r = 0; r < x.rows; ++r) {
    for (int head = 0; head < x.cols / table.head_dim; ++head) {
      float* h = x.row(r) + head * table.head_dim;
      for (int i = 0; i < half; ++i) {
        float& first = layout == RopeLayout::interleaved ? h[2 * i] : h[i];
        float& second = layout == RopeLayout::interleaved ? h[2 * i + 1] : h[i + half];
        const float a = first, b = second;
        const float c = table.cos(first_position + r, i), s = table.sin(first_position + r, i);
        first = std::fma(a, c, -(b * s));
        second = std::fma(a, s, b * c);
      }
    }
  }
}

}  // namespace orrery::kernels::ref
