#include "kernels/retrieve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/each_row.hpp"
#include "kernels/gemm.hpp"

namespace orrery::kernels {
namespace {

constexpr int score_room = 1 << 24;  // scores at a time
constexpr int batch_room = 264;      // queries for which gemm reads the matrix once

void select(std::span<const float> scores, std::span<Hit> hits) {
  Best best(hits);
  for (std::size_t r = 0; r < scores.size(); ++r) best.offer({static_cast<int>(r), scores[r]});
  best.finish();
}

}  // namespace

bool before(const Hit& a, const Hit& b) {
  if (a.score > b.score) return true;
  if (a.score < b.score) return false;
  const bool nan_a = std::isnan(a.score), nan_b = std::isnan(b.score);
  return nan_a == nan_b ? a.index < b.index : nan_b;
}

void Best::take(Hit hit) {
  const auto end = [this] { return kept_.begin() + static_cast<std::ptrdiff_t>(count_); };
  if (count_ < kept_.size()) {
    kept_[count_++] = hit;
  } else {
    std::pop_heap(kept_.begin(), end(), before);
    kept_.back() = hit;
  }
  std::push_heap(kept_.begin(), end(), before);
}

int Best::finish() {
  std::sort_heap(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(count_), before);
  const Hit none{-1, -std::numeric_limits<float>::infinity()};
  std::fill(kept_.begin() + static_cast<std::ptrdiff_t>(count_), kept_.end(), none);
  return static_cast<int>(count_);
}

void top_k(ConstMatrixView queries, const PackedMatrix& rows, int k, std::span<Hit> hits, Workspace& workspace) {
  EXPECT(1 <= k && k <= rows.n() && queries.cols == rows.k());
  const auto each = static_cast<std::size_t>(k);
  EXPECT(hits.size() == static_cast<std::size_t>(queries.rows) * each);
  const int batch = std::min({queries.rows, batch_room, std::max(1, score_room / rows.n())});
  Workspace::Scope scope(workspace);
  const MatrixView scores = scope.matrix(batch, rows.n());
  for (int first = 0; first < queries.rows; first += batch) {
    const int count = std::min(batch, queries.rows - first);
    gemm(queries.slice_rows(first, count), rows, scores.slice_rows(0, count), workspace);
    each_row(workspace.cpu, count, rows.n(), [&](int q) {
      select(scores.row_span(q), hits.subspan(static_cast<std::size_t>(first + q) * each, each));
    });
  }
}

double recall(std::span<const Hit> found, std::span<const Hit> exact, int k) {
  EXPECT(found.size() == exact.size() && k >= 1 && exact.size() % static_cast<std::size_t>(k) == 0);
  EXPECT(!exact.empty());
  const auto each = static_cast<std::size_t>(k);
  std::size_t common = 0;
  for (std::size_t at = 0; at < exact.size(); at += each)
    for (const Hit& want : exact.subspan(at, each))
      common += static_cast<std::size_t>(
          std::ranges::any_of(found.subspan(at, each), [&](const Hit& hit) { return hit.index == want.index; }));
  return static_cast<double>(common) / static_cast<double>(exact.size());
}

}  // namespace orrery::kernels
