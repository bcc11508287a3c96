#include "kernels/attention.hpp"

#include <algorithm>
#include <cmath>

#include <omp.h>

namespace orrery::kernels {

// One query row, and as many of the heads that share a key-value head as one call takes.
struct AttentionTask {
  const float* q;       // [heads][head_dim]
  const float* keys;    // panels of the key-value head
  const float* values;  // [position][value_stride]
  float* out;           // [heads][head_dim]
  float* scores;        // [heads][score_stride], scratch
  std::ptrdiff_t score_stride;
  int positions, head_dim, value_stride;
  float scale;
};

using AttendHeads = void(const AttentionTask& task);

constexpr int most_heads = 4;

}  // namespace orrery::kernels

#define ORRERY_BODY "kernels/attention.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {

void store_kv(ConstMatrixView k, ConstMatrixView v, int first_position, const KvView& cache) {
  EXPECT(k.rows == v.rows && k.cols == cache.kv_heads * cache.head_dim && v.cols == k.cols);
  EXPECT(first_position >= 0 && first_position + k.rows <= cache.capacity);
  for (int r = 0; r < k.rows; ++r) {
    for (int head = 0; head < cache.kv_heads; ++head) {
      const float *key = k.row(r) + head * cache.head_dim, *value = v.row(r) + head * cache.head_dim;
      for (int d = 0; d < cache.head_dim; ++d) cache.key(head, first_position + r, d) = key[d];
      std::copy_n(value, cache.head_dim, cache.value(head, first_position + r));
    }
  }
}

void attention(ConstMatrixView q, int heads, int first_position, const KvView& cache, MatrixView out,
               Workspace& workspace) {
  EXPECT(heads >= 1 && heads % cache.kv_heads == 0 && q.cols == heads * cache.head_dim);
  EXPECT(out.rows == q.rows && out.cols == q.cols);
  EXPECT(first_position >= 0 && first_position + q.rows <= cache.capacity);
  const auto* path = by_isa(workspace.cpu.isa, ORRERY_EACH(attend_path));
  const int group = heads / cache.kv_heads, pieces = (group + most_heads - 1) / most_heads;
  const int tasks = q.rows * cache.kv_heads * pieces, last = first_position + q.rows;
  const std::ptrdiff_t score_stride = (last + vec_lanes - 1) / vec_lanes * vec_lanes;
  // Below about a million multiplications a second thread costs more than it brings.
  const int threads = static_cast<double>(q.rows) * heads * last * cache.head_dim < 1e6 ? 1 : workspace.cpu.threads;
  Workspace::Scope scope(workspace);
  float* scores = scope.take(static_cast<std::size_t>(threads * most_heads * score_stride));

  const auto run = [&](int index, int thread) {
    const int piece = index % pieces, kv_head = index / pieces % cache.kv_heads, r = index / pieces / cache.kv_heads;
    const int first = kv_head * group + piece * most_heads, count = std::min(most_heads, group - piece * most_heads);
    path[count - 1]({.q = q.row(r) + first * cache.head_dim,
                     .keys = cache.key_panel(kv_head, 0),
                     .values = cache.value(kv_head, 0),
                     .out = out.row(r) + first * cache.head_dim,
                     .scores = scores + thread * most_heads * score_stride,
                     .score_stride = score_stride,
                     .positions = first_position + r + 1,
                     .head_dim = cache.head_dim,
                     .value_stride = cache.value_stride(),
                     .scale = 1.0F / std::sqrt(static_cast<float>(cache.head_dim))});
  };
  if (threads == 1) {
    for (int index = 0; index < tasks; ++index) run(index, 0);
  } else {
    // Each task writes its own part of out; later rows are longer, so tasks are dealt out in turn.
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int index = 0; index < tasks; ++index) run(index, omp_get_thread_num());
  }
}

}  // namespace orrery::kernels
