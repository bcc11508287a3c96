// See attention.hpp for the contract and foreach_isa.hpp for how this file is compiled.
#include "kernels/exp.body.hpp"
#include "kernels/reduce.body.hpp"

// A cache in memory is read at the speed of memory only if many of its lines are under way at any time: keys are asked
// for so many bytes ahead, values so many positions ahead. Asking beyond the end does no harm. (Measured on a Zen 5 at
// 4096 positions of eight queries: one stream of keys this far ahead takes a sixth less for scores than three streams
// 4096 bytes ahead; values twice as far take an eighth more.)
constexpr std::ptrdiff_t keys_ahead = 6144;
constexpr int values_ahead = 64;
// Lines of values that are asked for with each vector of weights, so that memory does not rest meanwhile. (Measured in
// the same place: 4 % of all; four are too many.)
constexpr int lines_a_weight = 2;
// Positions whose values stay in the first-level cache while all columns pass.
constexpr int value_chunk = 64;

// Scores of NQ queries against NP panels of keys, each `apart` panels from the next; raw sums, not yet scaled. Element
// d of query i lies at q[d * NQ + i].
template <class Number, int NQ, int NP>
ORRERY_TARGET void score_panels(const float* q, int head_dim, const Number* keys, std::ptrdiff_t apart, float* score,
                                std::ptrdiff_t score_stride) {
  Vec sum[NQ][NP];
  ORRERY_UNROLL for (int i = 0; i < NQ; ++i) ORRERY_UNROLL for (int p = 0; p < NP; ++p) sum[i][p] = set(0.0F);
  const std::ptrdiff_t stream = apart * head_dim * vec_lanes;
  for (std::ptrdiff_t d = 0; d < head_dim; ++d) {
    Vec key[NP];
    ORRERY_UNROLL for (int p = 0; p < NP; ++p) {
      const Number* from = keys + p * stream + d * vec_lanes;
      key[p] = load(from);
      __builtin_prefetch(from + keys_ahead / static_cast<std::ptrdiff_t>(sizeof(Number)));
    }
    ORRERY_UNROLL for (int i = 0; i < NQ; ++i) {
      const Vec value = set(q[d * NQ + i]);
      ORRERY_UNROLL for (int p = 0; p < NP; ++p) sum[i][p] = fma(value, key[p], sum[i][p]);
    }
  }
  ORRERY_UNROLL for (int i = 0; i < NQ; ++i) ORRERY_UNROLL for (int p = 0; p < NP; ++p)
      store(sum[i][p], score + i * score_stride + p * apart * vec_lanes);
}

template <class Number, int NQ>
ORRERY_TARGET void score_all(const AttentionTask& task) {
  // Eight sums at once hide what an fma waits for; of one stream more lines are under way than of several.
  constexpr int NP = NQ >= 8 || ORRERY_VECS / NQ < 2 ? 1 : NQ >= 4 || ORRERY_VECS / NQ < 4 ? 2 : 4;
  const auto* keys = static_cast<const Number*>(task.keys);
  const std::ptrdiff_t panels = (task.most_positions + vec_lanes - 1) / vec_lanes, apart = panels / NP;
  const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(task.head_dim) * vec_lanes;
  for (std::ptrdiff_t p = 0; p < apart; ++p)
    score_panels<Number, NQ, NP>(task.q, task.head_dim, keys + p * panel, apart, task.scores + p * vec_lanes,
                                 task.score_stride);
  for (std::ptrdiff_t p = apart * NP; p < panels; ++p)
    score_panels<Number, NQ, 1>(task.q, task.head_dim, keys + p * panel, 0, task.scores + p * vec_lanes,
                                task.score_stride);
}

// Raw sums of one query become scores: times the keys' scales, and -infinity from `positions` to the end of the panel.
ORRERY_TARGET inline void finish_scores(float* score, int positions, const float* key_scales) {
  const int padded = (positions + vec_lanes - 1) / vec_lanes * vec_lanes;
  if (key_scales != nullptr)
    for (int j = 0; j < padded; j += vec_lanes) store(mul(load(score + j), load(key_scales + j)), score + j);
  for (int j = positions; j < padded; ++j) score[j] = -HUGE_VALF;
}

// The largest of `positions` scores and `top`.
ORRERY_TARGET inline float largest(const float* score, int positions, float top) {
  Vec most = set(top), other = most;
  int j = 0;
  for (; j + vec_lanes < positions; j += 2 * vec_lanes) {
    most = max(load(score + j), most);
    other = max(load(score + j + vec_lanes), other);
  }
  if (j < positions) most = max(load(score + j), most);
  float lane[vec_lanes];
  store(max(other, most), lane);
  for (int l = 0; l < vec_lanes; ++l) top = lane[l] > top ? lane[l] : top;
  return top;
}

// Scores of `positions` positions become e(j) against `top`, times the values' scales; the e(j) join the sums of lanes.
// From `ahead` on lie values that will be read soon.
ORRERY_TARGET inline void weigh_scores(float* score, int positions, float top, float scale, const float* value_scales,
                                       float* lane_sums, const char* ahead) {
  const Vec factor = set(scale), shift = set(top * scale);
  Vec sum = load(lane_sums);
  for (int j = 0; j < positions; j += vec_lanes) {
    const Vec e = exp(sub(mul(load(score + j), factor), shift));
    sum = add(sum, e);
    for (int l = 0; l < lines_a_weight; ++l, ahead += 64) __builtin_prefetch(ahead);
    store(value_scales == nullptr ? e : mul(e, load(value_scales + j)), score + j);
  }
  store(sum, lane_sums);
}

// sum(i, d) += chain of weight(i, j) value(j, d) over the positions [j0, j1), for NQ queries and NV * 16 columns. From
// `ahead` on lies what will be read later: as much as is read now.
template <class Number, int NQ, int NV>
ORRERY_TARGET void add_values(const float* weight, std::ptrdiff_t weight_stride, int j0, int j1, const Number* values,
                              std::ptrdiff_t stride, float* sums, const Number* ahead) {
  Vec sum[NQ][NV];
  ORRERY_UNROLL for (int i = 0; i < NQ; ++i) ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[i][v] =
      load(sums + i * stride + v * vec_lanes);
  for (std::ptrdiff_t j = j0; j < j1; ++j) {
    Vec value[NV];
    ORRERY_UNROLL for (int v = 0; v < NV; ++v) {
      value[v] = load(values + j * stride + v * vec_lanes);
      __builtin_prefetch(ahead + ((j - j0) * NV + v) * vec_lanes);
    }
    ORRERY_UNROLL for (int i = 0; i < NQ; ++i) {
      const Vec e = set(weight[i * weight_stride + j]);
      ORRERY_UNROLL for (int v = 0; v < NV; ++v) sum[i][v] = fma(e, value[v], sum[i][v]);
    }
  }
  ORRERY_UNROLL for (int i = 0; i < NQ; ++i) ORRERY_UNROLL for (int v = 0; v < NV; ++v)
      store(sum[i][v], sums + i * stride + v * vec_lanes);
}

// The same for all columns of the queries from `query` on.
template <class Number, int NQ>
ORRERY_TARGET void add_all_columns(const AttentionTask& task, int query, int j0, int j1) {
  constexpr int NV = ORRERY_VECS / NQ >= 4 ? 4 : ORRERY_VECS / NQ >= 2 ? 2 : 1;
  const auto* values = static_cast<const Number*>(task.values);
  const float* weights = task.scores + query * task.score_stride;
  float* sums = task.block_sums + query * task.value_stride;
  for (int j = j0; j < j1; j += value_chunk) {
    const int last = j1 - j < value_chunk ? j1 : j + value_chunk;
    std::ptrdiff_t column = 0;
    for (; column + NV * vec_lanes <= task.value_stride; column += NV * vec_lanes)
      add_values<Number, NQ, NV>(weights, task.score_stride, j, last, values + column, task.value_stride, sums + column,
                                 values + (j + values_ahead) * task.value_stride + column * value_chunk);
    for (; column < task.value_stride; column += vec_lanes)
      add_values<Number, NQ, 1>(weights, task.score_stride, j, last, values + column, task.value_stride, sums + column,
                                values + (j + values_ahead) * task.value_stride + column * value_chunk);
  }
}

// The sums of one block of positions join those of the blocks before it, which count `shrink` times.
ORRERY_TARGET inline void join_block(const AttentionTask& task, int query, bool first, bool online, float shrink) {
  float* all = task.sums + query * task.value_stride;
  const float* block = task.block_sums + query * task.value_stride;
  for (std::ptrdiff_t d = 0; d < task.value_stride; d += vec_lanes) {
    const Vec sum = load(block + d);
    store(first ? sum : online ? fma(set(shrink), load(all + d), sum) : add(load(all + d), sum), all + d);
  }
}

// What one query knows of the positions that it has seen so far.
struct Seen {
  float top = -HUGE_VALF, total = 0.0F, shrink = 1.0F;
  alignas(64) float lane_sums[vec_lanes] = {};  // of the weights since the last top

  // Sees the scores [j0, j1), before they become weights.
  ORRERY_TARGET void see(const float* score, int j0, int j1, float scale) {
    const float before = top;
    top = largest(score + j0, j1 - j0, top);
    shrink = exp_fp32(before * scale - top * scale);
  }
  // The scores [j0, j1) become weights.
  ORRERY_TARGET void weigh(float* score, int j0, int j1, const AttentionTask& task, const char* ahead) {
    const float* value_scales = task.value_scales == nullptr ? nullptr : task.value_scales + j0;
    weigh_scores(score + j0, j1 - j0, top, task.scale, value_scales, lane_sums, ahead);
  }
  // Order: see attention.hpp.
  ORRERY_TARGET void add_weights() {
    total = __builtin_fmaf(shrink, total, sum_lanes(load(lane_sums)));
    store(set(0.0F), lane_sums);
  }
};

// The values that the first weights will meet, asked for while those are found: part `part` of `parts`.
template <class Number>
ORRERY_TARGET void expect_values(const AttentionTask& task, int part, int parts) {
  const auto* values = static_cast<const Number*>(task.values);
  const std::ptrdiff_t most = values_ahead < task.most_positions ? values_ahead : task.most_positions;
  const std::ptrdiff_t each = most * task.value_stride / parts, line = 64 / sizeof(Number);
  for (std::ptrdiff_t i = part * each; i < (part + 1) * each; i += line) __builtin_prefetch(values + i, 0, 2);
}

// The positions [j0, j1), at most one block, join what NQ queries have seen.
template <class Number, int NQ>
ORRERY_TARGET void attend_block(const AttentionTask& task, int j0, int j1, Seen* seen) {
  int own[NQ];  // where each one's part ends
  for (int i = 0; i < NQ; ++i) own[i] = task.positions[i] < j1 ? task.positions[i] : j1;
  const auto* ahead =
      reinterpret_cast<const char*>(static_cast<const Number*>(task.values) + (j0 + values_ahead) * task.value_stride);
  const int ahead_each = task.block / vec_lanes * lines_a_weight * 64;
  for (int i = 0; i < NQ; ++i) {
    if (j0 >= own[i]) continue;
    float* score = task.scores + i * task.score_stride;
    if (task.online) seen[i].see(score, j0, own[i], task.scale);
    seen[i].weigh(score, j0, own[i], task, ahead + i * ahead_each);
  }
  for (std::ptrdiff_t d = 0; d < NQ * task.value_stride; d += vec_lanes) store(set(0.0F), task.block_sums + d);
  // Up to where the first one ends all queries go together; the rest is each one's own.
  const int together = own[0] > j0 ? own[0] : j0;
  if (j0 < together) add_all_columns<Number, NQ>(task, 0, j0, together);
  for (int i = 0; i < NQ; ++i) {
    if (together < own[i]) add_all_columns<Number, 1>(task, i, together, own[i]);
    if (j0 >= own[i]) continue;
    if (task.online) seen[i].add_weights();
    join_block(task, i, j0 == 0, task.online, seen[i].shrink);
  }
}

// NQ queries that read the same keys and values.
template <class Number, int NQ>
ORRERY_TARGET void attend(const AttentionTask& task) {
  score_all<Number, NQ>(task);
  Seen seen[NQ];
  for (int i = 0; i < NQ; ++i) {
    float* score = task.scores + i * task.score_stride;
    finish_scores(score, task.positions[i], task.key_scales);
    expect_values<Number>(task, i, NQ);
    if (!task.online) seen[i].see(score, 0, task.positions[i], task.scale);
  }
  for (int j0 = 0; j0 < task.most_positions; j0 += task.block)
    attend_block<Number, NQ>(task, j0, task.most_positions - j0 < task.block ? task.most_positions : j0 + task.block,
                             seen);
  for (int i = 0; i < NQ; ++i) {
    if (!task.online) seen[i].add_weights();
    const float* all = task.sums + i * task.value_stride;
    for (int d = 0; d < task.head_dim; d += vec_lanes)
      store_n(div(load(all + d), set(seen[i].total)), task.out[i] + d,
              task.head_dim - d < vec_lanes ? task.head_dim - d : vec_lanes);
  }
}

// By KvType, then by the number of queries.
#if ORRERY_VECS >= 24
#define ORRERY_ATTEND(Number)                                                                                         \
  {                                                                                                                   \
    attend<Number, 1>, attend<Number, 2>, attend<Number, 3>, attend<Number, 4>, attend<Number, 5>, attend<Number, 6>, \
        attend<Number, 7>, attend<Number, 8>                                                                          \
  }
constexpr int attend_queries = 8;
#else
#define ORRERY_ATTEND(Number) \
  { attend<Number, 1>, attend<Number, 2>, attend<Number, 3>, attend<Number, 4> }
constexpr int attend_queries = 4;
#endif
constexpr AttendQueries* attend_functions[4][attend_queries] = {ORRERY_ATTEND(float), ORRERY_ATTEND(Bf16),
                                                                ORRERY_ATTEND(std::int8_t), ORRERY_ATTEND(E4m3)};
#undef ORRERY_ATTEND
constexpr AttentionPath attention_path{&attend_functions[0][0], attend_queries};
