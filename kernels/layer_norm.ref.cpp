#include "kernels/layer_norm.hpp"

#include <cmath>

namespace orrery::kernels::ref {
namespace {

float tree(float (&lane)[16]) {
  for (const int half : {8, 4, 2, 1})
    for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
  return lane[0];
}

}  // namespace

void layer_norm(ConstMatrixView x, std::span<const float> w, std::span<const float> b, float eps, MatrixView y) {
  const auto n = static_cast<float>(x.cols);
  for (int r = 0; r < x.rows; ++r) {
    float sum[16] = {}, squares[16] = {};
    for (int i = 0; i < x.cols; ++i) sum[i % 16] += x(r, i);
    const float mean = tree(sum) / n;
    for (int i = 0; i < x.cols; ++i) {
      const float d = x(r, i) - mean;
      squares[i % 16] = std::fma(d, d, squares[i % 16]);
    }
    const float scale = 1.0F / std::sqrt(tree(squares) / n + eps);
    for (int i = 0; i < x.cols; ++i) {
      const auto at = static_cast<std::size_t>(i);
      y(r, i) = std::fma((x(r, i) - mean) * scale, w[at], b[at]);
    }
  }
}

}  // namespace orrery::kernels::ref
