#include "kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/elementary.hpp"

namespace orrery::kernels::ref {
namespace {

// One query of one head over `positions` positions.
struct Query {
  const float* q;
  const KvView& cache;
  int head, positions;
  const Numerics& numerics;

  float score(int j) const {
    float sum = 0.0F;
    for (int d = 0; d < cache.head_dim; ++d) sum = std::fma(q[d], cache.key(head, j, d), sum);
    if (cache.type == KvType::int8) sum *= cache.key_scales[cache.scale_offset(head, j)];
    return sum * (1.0F / std::sqrt(static_cast<float>(cache.head_dim)));
  }

  // Weights of the positions [first, last) against `top`; gives their sum.
  float weigh(std::vector<float>& e, int first, int last, float top) const {
    float lane[16] = {};
    for (int j = first; j < last; ++j) {
      float& weight = e[static_cast<std::size_t>(j)];
      weight = exp_fp32(weight - top);
      lane[(j - first) % 16] += weight;
      if (cache.type == KvType::int8) weight *= cache.value_scales[cache.scale_offset(head, j)];
    }
    for (const int half : {8, 4, 2, 1})
      for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
    return lane[0];
  }

  void attend(float* out) const {
    std::vector<float> e(static_cast<std::size_t>(positions));
    for (int j = 0; j < positions; ++j) e[static_cast<std::size_t>(j)] = score(j);
    const bool online = numerics.softmax == Softmax::online;
    float top = online ? -HUGE_VALF : *std::max_element(e.begin(), e.end());
    float total = online ? 0.0F : weigh(e, 0, positions, top);
    for (int j0 = 0; j0 < positions; j0 += numerics.position_block) {
      const int j1 = std::min(positions, j0 + numerics.position_block);
      float shrink = 1.0F;
      if (online) {
        const float before = top;
        for (int j = j0; j < j1; ++j) top = std::max(top, e[static_cast<std::size_t>(j)]);
        shrink = exp_fp32(before - top);
        total = std::fma(shrink, total, weigh(e, j0, j1, top));
      }
      for (int d = 0; d < cache.head_dim; ++d) {
        float sum = 0.0F;
        for (int j = j0; j < j1; ++j) sum = std::fma(e[static_cast<std::size_t>(j)], cache.value(head, j, d), sum);
        out[d] = j0 == 0 ? sum : online ? std::fma(shrink, out[d], sum) : out[d] + sum;
      }
    }
    for (int d = 0; d < cache.head_dim; ++d) out[d] /= total;
  }
};

}  // namespace

void attention(ConstMatrixView q, int heads, int first_position, const KvView& cache, MatrixView out,
               const Numerics& numerics) {
  for (int r = 0; r < q.rows; ++r)
    for (int h = 0; h < heads; ++h)
      Query{q.row(r) + h * cache.head_dim, cache, h / (heads / cache.kv_heads), first_position + r + 1, numerics}
          .attend(out.row(r) + h * cache.head_dim);
}

void attention_unmasked(ConstMatrixView q, int heads, int positions, const KvView& cache, MatrixView out,
                        const Numerics& numerics) {
  for (int r = 0; r < q.rows; ++r)
    for (int h = 0; h < heads; ++h)
      Query{q.row(r) + h * cache.head_dim, cache, h / (heads / cache.kv_heads), positions, numerics}.attend(
          out.row(r) + h * cache.head_dim);
}

}  // namespace orrery::kernels::ref
