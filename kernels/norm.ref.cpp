#include "kernels/norm.hpp"

#include <cmath>

namespace orrery::kernels::ref {

void rms_norm(ConstMatrixView x, std::span<const float> w, float eps, MatrixView y) {
  for (int r = 0; r < x.rows; ++r) {
    float lane[16] = {};
    for (int i = 0; i < x.cols; ++i) lane[i % 16] = std::fma(x(r, i), x(r, i), lane[i % 16]);
    for (const int half : {8, 4, 2, 1})
      for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
    const float scale = 1.0F / std::sqrt(lane[0] / static_cast<float>(x.cols) + eps);
    for (int i = 0; i < x.cols; ++i) y(r, i) = x(r, i) * scale * w[static_cast<std::size_t>(i)];
  }
}

}  // namespace orrery::kernels::ref
