#include "kernels/retrieve.hpp"

#include <algorithm>
#include <vector>

#include "kernels/gemm.hpp"

namespace orrery::kernels::ref {

void top_k(ConstMatrixView queries, const EncodedView& rows, int k, std::span<Hit> hits, int k_block) {
  Matrix scores(1, rows.rows);
  for (int q = 0; q < queries.rows; ++q) {
    gemm(queries.slice_rows(q, 1), rows, scores, k_block);
    std::vector<Hit> all;
    for (int r = 0; r < rows.rows; ++r) all.push_back({r, scores(0, r)});
    std::stable_sort(all.begin(), all.end(), before);
    std::copy_n(all.begin(), k, hits.begin() + static_cast<std::ptrdiff_t>(q) * k);
  }
}

}  // namespace orrery::kernels::ref
