#include "kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <omp.h>

#include "kernels/elementary.hpp"
#include "kernels/vec_narrow.hpp"

namespace orrery::kernels {

// Queries (heads of one row, or of consecutive rows) that read the same key-value head, in the order of their rows.
struct AttentionTask {
  const float* q;      // [head_dim][queries]
  const void* keys;    // panels of the key-value head
  const void* values;  // [position][value_stride]
  const float* key_scales;
  const float* value_scales;  // [position], or null
  float* const* out;          // of each query
  const int* positions;       // of each query, ascending
  float* scores;              // [queries][score_stride], scratch
  float* sums;                // [queries][value_stride], scratch
  float* block_sums;          // [queries][value_stride], scratch
  std::ptrdiff_t score_stride, value_stride;
  int most_positions, head_dim, block;
  float scale;
  bool online;
};

using AttendQueries = void(const AttentionTask& task);

struct AttentionPath {
  AttendQueries* const* functions;  // [KvType][queries - 1]
  int most_queries;                 // of one call
};

}  // namespace orrery::kernels

#define ORRERY_BODY "kernels/attention.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {
namespace {

constexpr int most_queries = 8;  // of any path

// What all tasks of one call share.
struct Call {
  ConstMatrixView q;
  int heads;
  int last;     // positions that the last row sees
  bool causal;  // and the row before it one fewer
  const KvView& cache;
  MatrixView out;
  const Numerics& numerics;
  AttentionPath path;

  int group() const { return heads / cache.kv_heads; }
  int queries() const { return q.rows * group(); }  // of one key-value head
  int pieces() const { return (queries() + path.most_queries - 1) / path.most_queries; }
  int tasks() const { return cache.kv_heads * pieces(); }
  // Sixteen more than needed: rows a power of two apart would share their places in the cache.
  std::ptrdiff_t score_stride() const { return (last + vec_lanes - 1) / vec_lanes * vec_lanes + 16; }
  std::size_t scratch() const {
    return most_queries *
           (static_cast<std::size_t>(cache.value_stride()) * 3 + static_cast<std::size_t>(score_stride()));
  }

  void run(int index, float* scratch) const {
    const int kv_head = index / pieces(), first = index % pieces() * path.most_queries;
    const int count = std::min(path.most_queries, queries() - first), head_dim = cache.head_dim;
    const std::ptrdiff_t value_stride = cache.value_stride();
    float* packed = scratch;
    float* out_of[most_queries];
    int positions[most_queries];
    for (int i = 0; i < count; ++i) {
      const int r = (first + i) / group(), head = kv_head * group() + (first + i) % group();
      const float* from = q.row(r) + static_cast<std::ptrdiff_t>(head) * head_dim;
      for (int d = 0; d < head_dim; ++d) packed[d * count + i] = from[d];
      out_of[i] = out.row(r) + static_cast<std::ptrdiff_t>(head) * head_dim;
      positions[i] = causal ? last - (q.rows - 1 - r) : last;
    }
    const std::size_t number = width(cache.type);
    const bool scaled = cache.type == KvType::int8;
    const std::ptrdiff_t scales = cache.scale_offset(kv_head, 0);
    float* sums = scratch + most_queries * value_stride;
    path.functions[static_cast<int>(cache.type) * path.most_queries + count - 1](
        {.q = packed,
         .keys = cache.keys + static_cast<std::size_t>(cache.key_offset(kv_head, 0, 0)) * number,
         .values = cache.values + static_cast<std::size_t>(cache.value_offset(kv_head, 0)) * number,
         .key_scales = scaled ? cache.key_scales + scales : nullptr,
         .value_scales = scaled ? cache.value_scales + scales : nullptr,
         .out = out_of,
         .positions = positions,
         .scores = sums + 2 * most_queries * value_stride,
         .sums = sums,
         .block_sums = sums + most_queries * value_stride,
         .score_stride = score_stride(),
         .value_stride = value_stride,
         .most_positions = positions[count - 1],
         .head_dim = head_dim,
         .block = numerics.position_block,
         .scale = 1.0F / std::sqrt(static_cast<float>(head_dim)),
         .online = numerics.softmax == Softmax::online});
  }
};

void run_all(const Call& call, Workspace& workspace) {
  const int tasks = call.tasks();
  // Below about a million multiplications a second thread costs more than it brings.
  const double work = static_cast<double>(call.q.rows) * call.heads * call.last * call.cache.head_dim;
  const int threads = work < 1e6 ? 1 : workspace.cpu.threads;
  Workspace::Scope scope(workspace);
  const std::size_t each = call.scratch();
  float* scratch = scope.take(static_cast<std::size_t>(threads) * each);
  if (threads == 1) {
    for (int index = 0; index < tasks; ++index) call.run(index, scratch);
  } else {
    // Each task writes its own part of out, whichever thread takes it; later rows are longer.
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (int index = 0; index < tasks; ++index)
      call.run(index, scratch + static_cast<std::size_t>(omp_get_thread_num()) * each);
  }
}

void attend(ConstMatrixView q, int heads, int last, bool causal, const KvView& cache, MatrixView out,
            Workspace& workspace) {
  EXPECT(heads >= 1 && heads % cache.kv_heads == 0 && q.cols == heads * cache.head_dim);
  EXPECT(out.rows == q.rows && out.cols == q.cols);
  EXPECT(last <= cache.capacity);
  const auto path = by_isa(workspace.cpu.isa, ORRERY_EACH(attention_path));
  run_all({q, heads, last, causal, cache, out, workspace.numerics, path}, workspace);
}

}  // namespace

void attention(ConstMatrixView q, int heads, int first_position, const KvView& cache, MatrixView out,
               Workspace& workspace) {
  EXPECT(first_position >= 0);
  attend(q, heads, first_position + q.rows, true, cache, out, workspace);
}

void attention_unmasked(ConstMatrixView q, int heads, int positions, const KvView& cache, MatrixView out,
                        Workspace& workspace) {
  EXPECT(positions >= 1);
  attend(q, heads, positions, false, cache, out, workspace);
}

}  // namespace orrery::kernels
