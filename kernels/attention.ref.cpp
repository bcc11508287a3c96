#include "kernels/attention.hpp"

#include <cmath>
#include <vector>

#include "kernels/elementary.hpp"

namespace orrery::kernels::ref {

void attention(ConstMatrixView q, int heads, int first_position, const KvView& cache, MatrixView out) {
  const float scale = 1.0F / std::sqrt(static_cast<float>(cache.head_dim));
  for (int r = 0; r < q.rows; ++r) {
    for (int h = 0; h < heads; ++h) {
      const int kv_head = h / (heads / cache.kv_heads), positions = first_position + r + 1;
      std::vector<float> e(static_cast<std::size_t>(positions));
      float top = -HUGE_VALF;
      for (int j = 0; j < positions; ++j) {
        float sum = 0.0F;
        for (int d = 0; d < cache.head_dim; ++d)
          sum = std::fma(q(r, h * cache.head_dim + d), cache.key(kv_head, j, d), sum);
        e[static_cast<std::size_t>(j)] = sum * scale;
        top = sum * scale > top ? sum * scale : top;
      }
      float lane[16] = {};
      for (int j = 0; j < positions; ++j) {
        float& weight = e[static_cast<std::size_t>(j)];
        weight = exp_fp32(weight - top);
        lane[j % 16] += weight;
      }
      for (const int half : {8, 4, 2, 1})
        for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
      for (int d = 0; d < cache.head_dim; ++d) {
        float total = 0.0F;
        for (int j0 = 0; j0 < positions; j0 += 256) {
          float sum = 0.0F;
          for (int j = j0; j < positions && j < j0 + 256; ++j)
            sum = std::fma(e[static_cast<std::size_t>(j)], cache.value(kv_head, j)[d], sum);
          total = j0 == 0 ? sum : total + sum;
        }
        out(r, h * cache.head_dim + d) = total / lane[0];
      }
    }
  }
}

}  // namespace orrery::kernels::ref
