#include "kernels/conv.hpp"

#include <algorithm>
#include <cmath>

namespace orrery::kernels::ref {
namespace {

// What a pixel sees of one plane.
struct Plane {
  const float* x;
  int height, width;
  float at(int v, int h) const {
    return v < 0 || v >= height || h < 0 || h >= width ? 0.0F : x[static_cast<std::ptrdiff_t>(v) * width + h];
  }
};

}  // namespace

void conv(ConstMatrixView x, int height, ConstMatrixView w, int kernel, std::span<const float> bias, MatrixView y,
          int k_block) {
  const int width = x.cols / height, reach = kernel / 2, group = std::max(1, k_block / (kernel * kernel));
  for (int o = 0; o < y.rows; ++o) {
    for (int p = 0; p < y.cols; ++p) {
      float total = 0.0F;
      for (int c0 = 0; c0 < x.rows; c0 += group) {
        float sum = 0.0F;
        for (int c = c0; c < std::min(c0 + group, x.rows); ++c)
          for (int i = 0; i < kernel; ++i)
            for (int j = 0; j < kernel; ++j)
              sum = std::fma(Plane{x.row(c), height, width}.at(p / width + i - reach, p % width + j - reach),
                             w(o, (c * kernel + i) * kernel + j), sum);
        total = c0 == 0 ? sum : total + sum;
      }
      y(o, p) = total + bias[static_cast<std::size_t>(o)];
    }
  }
}

}  // namespace orrery::kernels::ref
