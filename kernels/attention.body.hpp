// See attention.hpp for the contract and foreach_isa.hpp for how this file is compiled.
#include "kernels/exp.body.hpp"
#include "kernels/reduce.body.hpp"

// Scores of NQ query heads against NP panels of keys; raw sums, not yet scaled. score rows are score_stride apart.
template <int NQ, int NP>
ORRERY_TARGET void score_panels(const float* q, int head_dim, const float* keys, float* score,
                                std::ptrdiff_t score_stride) {
  Vec sum[NQ][NP];
  ORRERY_UNROLL for (int h = 0; h < NQ; ++h) ORRERY_UNROLL for (int p = 0; p < NP; ++p) sum[h][p] = set(0.0F);
  const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(head_dim) * vec_lanes;
  for (std::ptrdiff_t d = 0; d < head_dim; ++d) {
    Vec key[NP];
    ORRERY_UNROLL for (int p = 0; p < NP; ++p) key[p] = load(keys + p * panel + d * vec_lanes);
    ORRERY_UNROLL for (int h = 0; h < NQ; ++h) {
      const Vec value = set(q[h * head_dim + d]);
      ORRERY_UNROLL for (int p = 0; p < NP; ++p) sum[h][p] = fma(value, key[p], sum[h][p]);
    }
  }
  ORRERY_UNROLL for (int h = 0; h < NQ; ++h) ORRERY_UNROLL for (int p = 0; p < NP; ++p)
      store(sum[h][p], score + h * score_stride + p * vec_lanes);
}

// score [panels * 16] of raw sums, of which the first `positions` count: becomes e(j), zero beyond. Gives their sum.
ORRERY_TARGET inline float exponentials(float* score, int positions, float scale) {
  const int padded = (positions + vec_lanes - 1) / vec_lanes * vec_lanes;
  for (int j = positions; j < padded; ++j) score[j] = -HUGE_VALF;
  const Vec factor = set(scale);
  Vec largest = set(-HUGE_VALF);
  for (int j = 0; j < padded; j += vec_lanes) largest = max(load(score + j), largest);
  float lane[vec_lanes];
  store(largest, lane);
  float top = lane[0];
  for (int l = 1; l < vec_lanes; ++l) top = lane[l] > top ? lane[l] : top;
  const Vec shift = set(top * scale);
  Vec sum = set(0.0F);
  for (int j = 0; j < padded; j += vec_lanes) {
    const Vec e = exp(sub(mul(load(score + j), factor), shift));
    store(e, score + j);
    sum = add(sum, e);
  }
  return sum_lanes(sum);
}

// out(d) = sum_j weight(j) value(j, d) / total for NQ heads and NV * 16 columns d from `column` on.
template <int NQ, int NV>
ORRERY_TARGET void weighted_sum(const float* weight, std::ptrdiff_t weight_stride, const float* total, int positions,
                                const float* values, int value_stride, int column, int head_dim, float* out) {
  constexpr int block = 256;
  Vec all[NQ][NV];
  for (int j0 = 0; j0 < positions; j0 += block) {
    Vec sum[NQ][NV];
    ORRERY_UNROLL for (int h = 0; h < NQ; ++h) ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[h][v] = set(0.0F);
    const int j1 = positions - j0 < block ? positions : j0 + block;
    for (std::ptrdiff_t j = j0; j < j1; ++j) {
      Vec value[NV];
      ORRERY_UNROLL for (int v = 0; v < NV; ++v) value[v] = load(values + j * value_stride + column + v * vec_lanes);
      ORRERY_UNROLL for (int h = 0; h < NQ; ++h) {
        const Vec e = set(weight[h * weight_stride + j]);
        ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[h][v] = fma(e, value[v], sum[h][v]);
      }
    }
    ORRERY_UNROLL for (int h = 0; h < NQ; ++h) ORRERY_UNROLL for (int v = 0; v < NV; ++v) all[h][v] =
        j0 == 0 ? sum[h][v] : add(all[h][v], sum[h][v]);
  }
  ORRERY_UNROLL for (int h = 0; h < NQ; ++h) ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
    const int d = column + v * vec_lanes;
    store_n(div(all[h][v], set(total[h])), out + h * head_dim + d, head_dim - d < vec_lanes ? head_dim - d : vec_lanes);
  }
}

// NQ consecutive heads of one query row, all of which read the same keys and values.
template <int NQ>
ORRERY_TARGET void attend(const AttentionTask& task) {
  constexpr int NP = ORRERY_VECS / (2 * NQ) >= 4 ? 4 : ORRERY_VECS / (2 * NQ) >= 2 ? 2 : 1;
  constexpr int NV = NP;
  const int panels = (task.positions + vec_lanes - 1) / vec_lanes;
  const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(task.head_dim) * vec_lanes;
  int p = 0;
  for (; p + NP <= panels; p += NP)
    score_panels<NQ, NP>(task.q, task.head_dim, task.keys + p * panel, task.scores + p * vec_lanes, task.score_stride);
  for (; p < panels; ++p)
    score_panels<NQ, 1>(task.q, task.head_dim, task.keys + p * panel, task.scores + p * vec_lanes, task.score_stride);
  float total[NQ];
  for (int h = 0; h < NQ; ++h) total[h] = exponentials(task.scores + h * task.score_stride, task.positions, task.scale);
  int column = 0;
  for (; column + NV * vec_lanes <= task.value_stride; column += NV * vec_lanes)
    weighted_sum<NQ, NV>(task.scores, task.score_stride, total, task.positions, task.values, task.value_stride, column,
                         task.head_dim, task.out);
  for (; column < task.value_stride; column += vec_lanes)
    weighted_sum<NQ, 1>(task.scores, task.score_stride, total, task.positions, task.values, task.value_stride, column,
                        task.head_dim, task.out);
}

constexpr AttendHeads* attend_heads[] = {attend<1>, attend<2>, attend<3>, attend<4>};
constexpr AttendHeads* const* attend_path = attend_heads;
