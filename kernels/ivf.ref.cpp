#include "kernels/ivf.hpp"

#include <algorithm>

#include "kernels/gemm.hpp"

namespace orrery::kernels::ref {
namespace {

// y(x, c) - h(c) for every centre.
std::vector<Hit> distances(ConstMatrixView row, const Matrix& centres, int k_block) {
  Matrix products(1, centres.rows());
  gemm(row, centres.view(), products, k_block);
  std::vector<Hit> out;
  for (int c = 0; c < centres.rows(); ++c) {
    double squares = 0.0;
    for (int i = 0; i < centres.cols(); ++i) squares += static_cast<double>(centres(c, i)) * centres(c, i);
    out.push_back({c, products(0, c) - static_cast<float>(squares / 2)});
  }
  return out;
}

std::vector<int> assign(ConstMatrixView rows, const Matrix& centres, int k_block) {
  std::vector<int> of;
  for (int r = 0; r < rows.rows; ++r)
    of.push_back(std::ranges::min(distances(rows.slice_rows(r, 1), centres, k_block), before).index);
  return of;
}

}  // namespace

Clusters cluster(ConstMatrixView rows, int lists, int iterations, int k_block) {
  Clusters out{Matrix(lists, rows.cols), {}};
  for (int j = 0; j < lists; ++j)
    for (int i = 0; i < rows.cols; ++i)
      out.centres(j, i) = rows(static_cast<int>((2LL * j + 1) * rows.rows / (2LL * lists)), i);
  out.of = assign(rows, out.centres, k_block);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    for (int c = 0; c < lists; ++c) {
      const auto size = std::ranges::count(out.of, c);
      for (int i = 0; i < rows.cols && size > 0; ++i) {
        double sum = 0.0;
        for (int r = 0; r < rows.rows; ++r)
          if (out.of[static_cast<std::size_t>(r)] == c) sum += rows(r, i);
        out.centres(c, i) = static_cast<float>(sum / static_cast<double>(size));
      }
    }
    const std::vector<int> next = assign(rows, out.centres, k_block);
    if (next == out.of) break;
    out.of = next;
  }
  return out;
}

void ivf_search(const Clusters& clusters, const EncodedView& stored, ConstMatrixView queries, int k, int probes,
                std::span<Hit> hits, int k_block) {
  Matrix scores(1, stored.rows);
  for (int q = 0; q < queries.rows; ++q) {
    std::vector<Hit> lists = distances(queries.slice_rows(q, 1), clusters.centres, k_block);
    std::ranges::sort(lists, before);
    lists.resize(static_cast<std::size_t>(probes));
    gemm(queries.slice_rows(q, 1), stored, scores, k_block);
    Best best(hits.subspan(static_cast<std::size_t>(q) * static_cast<std::size_t>(k), static_cast<std::size_t>(k)));
    for (int r = 0; r < stored.rows; ++r)
      if (std::ranges::any_of(lists, [&](const Hit& l) { return l.index == clusters.of[static_cast<std::size_t>(r)]; }))
        best.offer({r, scores(0, r)});
    best.finish();
  }
}

}  // namespace orrery::kernels::ref
