#include "kernels/ivf.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/gemm.hpp"
#include "kernels/moe.hpp"

namespace orrery::kernels {
namespace {

constexpr int batch = 264;  // rows or queries a product: gemm reads the other side once

std::vector<float> half_squares(ConstMatrixView centres) {
  std::vector<float> out;
  for (int c = 0; c < centres.rows; ++c) {
    double sum = 0.0;
    for (const float v : centres.row_span(c)) sum += static_cast<double>(v) * v;
    out.push_back(static_cast<float>(0.5 * sum));
  }
  return out;
}

int nearest(std::span<const float> products, std::span<const float> half) {
  float best = -std::numeric_limits<float>::infinity();
  std::size_t at = 0;
  for (std::size_t c = 0; c < products.size(); ++c)
    if (const float score = products[c] - half[c]; score > best) best = score, at = c;
  return static_cast<int>(at);
}

std::vector<int> assign(ConstMatrixView rows, ConstMatrixView centres, Workspace& workspace) {
  const PackedMatrix packed(centres);
  const std::vector<float> half = half_squares(centres);
  std::vector<int> of(static_cast<std::size_t>(rows.rows));
  Workspace::Scope scope(workspace);
  const MatrixView products = scope.matrix(std::min(batch, rows.rows), centres.rows);
  for (int first = 0; first < rows.rows; first += batch) {
    const int count = std::min(batch, rows.rows - first);
    gemm(rows.slice_rows(first, count), packed, products.slice_rows(0, count), workspace);
    for (int r = 0; r < count; ++r)
      of[static_cast<std::size_t>(first) + static_cast<std::size_t>(r)] = nearest(products.row_span(r), half);
  }
  return of;
}

void move_centres(ConstMatrixView rows, std::span<const int> of, MatrixView centres) {
  const auto cols = static_cast<std::size_t>(rows.cols);
  std::vector<double> sums(static_cast<std::size_t>(centres.rows) * cols);
  std::vector<int> counts(static_cast<std::size_t>(centres.rows));
  for (int r = 0; r < rows.rows; ++r) {
    const auto list = static_cast<std::size_t>(of[static_cast<std::size_t>(r)]);
    ++counts[list];
    double* sum = sums.data() + list * cols;
    for (std::size_t i = 0; i < cols; ++i) sum[i] += rows.row(r)[i];
  }
  for (std::size_t c = 0; c < counts.size(); ++c)
    for (std::size_t i = 0; i < cols && counts[c] > 0; ++i)
      centres.row(static_cast<int>(c))[i] = static_cast<float>(sums[c * cols + i] / counts[c]);
}

int* take_ints(Workspace::Scope& scope, std::size_t count) { return reinterpret_cast<int*>(scope.take(count)); }

}  // namespace

Clusters cluster(ConstMatrixView rows, int lists, int iterations, Workspace& workspace) {
  EXPECT(1 <= lists && lists <= rows.rows && iterations >= 0);
  Clusters out{Matrix(lists, rows.cols), {}};
  for (std::int64_t j = 0; j < lists; ++j) {
    const auto from = static_cast<int>((2 * j + 1) * rows.rows / (2 * std::int64_t{lists}));
    std::copy_n(rows.row(from), rows.cols, out.centres.row(static_cast<int>(j)));
  }
  out.of = assign(rows, out.centres, workspace);
  for (int i = 0; i < iterations; ++i) {
    move_centres(rows, out.of, out.centres);
    std::vector<int> next = assign(rows, out.centres, workspace);
    if (next == out.of) break;
    out.of = std::move(next);
  }
  return out;
}

Ivf::Ivf(ConstMatrixView rows, const Clusters& clusters, WeightType type)
    : centres_(clusters.centres),
      half_squares_(half_squares(clusters.centres)),
      lists_(static_cast<std::size_t>(clusters.centres.rows())) {
  EXPECT(rows.cols == clusters.centres.cols() && clusters.of.size() == static_cast<std::size_t>(rows.rows));
  for (int r = 0; r < rows.rows; ++r)
    lists_[static_cast<std::size_t>(clusters.of[static_cast<std::size_t>(r)])].ids.push_back(r);
  for (List& list : lists_) {
    if (list.ids.empty()) continue;
    list.rows = PackedMatrix(static_cast<int>(list.ids.size()), rows.cols, type);
    for (std::size_t i = 0; i < list.ids.size(); ++i)
      list.rows.set_rows(static_cast<int>(i), rows.slice_rows(list.ids[i], 1));
  }
}

// A list is to a query what an expert is to a row of a mixture (moe.hpp): queries are grouped by list, so that a list
// is read once for all that look into it.
void Ivf::search_batch(ConstMatrixView queries, int probes, std::span<Best> best, Workspace& workspace) const {
  Workspace::Scope scope(workspace);
  const MatrixView products = scope.matrix(queries.rows, lists());
  gemm(queries, centres_, products, workspace);
  const auto each = static_cast<std::size_t>(probes), pairs = static_cast<std::size_t>(queries.rows) * each;
  const Routing routing{probes, {take_ints(scope, pairs), pairs}, {}};
  std::vector<Hit> nearest_lists(each);
  for (std::size_t q = 0; q < best.size(); ++q) {
    Best choice(nearest_lists);
    const float* product = products.row(static_cast<int>(q));
    for (int l = 0; l < lists(); ++l) choice.offer({l, product[l] - half_squares_[static_cast<std::size_t>(l)]});
    choice.finish();
    for (std::size_t j = 0; j < each; ++j) routing.expert[q * each + j] = nearest_lists[j].index;
  }
  const std::size_t ends = lists_.size() + 1;
  const std::span<int> first(take_ints(scope, ends), ends), place(take_ints(scope, pairs), pairs);
  group(routing, first, place);
  const std::span<int> asker(take_ints(scope, pairs), pairs);
  const MatrixView grouped = scope.matrix(static_cast<int>(pairs), queries.cols);
  for (std::size_t p = 0; p < pairs; ++p) {
    asker[static_cast<std::size_t>(place[p])] = static_cast<int>(p / each);
    std::copy_n(queries.row(static_cast<int>(p / each)), queries.cols, grouped.row(place[p]));
  }
  for (std::size_t l = 0; l < lists_.size(); ++l) {
    const List& list = lists_[l];
    const int count = first[l + 1] - first[l];
    if (count == 0 || list.ids.empty()) continue;
    Workspace::Scope inner(workspace);
    const MatrixView scores = inner.matrix(count, list.rows.n());
    gemm(grouped.slice_rows(first[l], count), list.rows, scores, workspace);
    for (int i = 0; i < count; ++i)
      for (std::size_t r = 0; r < list.ids.size(); ++r)
        best[static_cast<std::size_t>(asker[static_cast<std::size_t>(first[l]) + static_cast<std::size_t>(i)])].offer(
            {list.ids[r], scores.row(i)[r]});
  }
}

void Ivf::search(ConstMatrixView queries, int k, int probes, std::span<Hit> hits, Workspace& workspace) const {
  EXPECT(k >= 1 && 1 <= probes && probes <= lists() && queries.cols == centres_.k());
  const auto each = static_cast<std::size_t>(k);
  EXPECT(hits.size() == static_cast<std::size_t>(queries.rows) * each);
  for (int first = 0; first < queries.rows; first += batch) {
    const int count = std::min(batch, queries.rows - first);
    std::vector<Best> best;
    for (int q = 0; q < count; ++q) best.emplace_back(hits.subspan(static_cast<std::size_t>(first + q) * each, each));
    search_batch(queries.slice_rows(first, count), probes, best, workspace);
    for (Best& of_query : best) of_query.finish();
  }
}

}  // namespace orrery::kernels
