// Search in an inverted file: rows lie in lists around centres, and a query looks into the lists whose centres are
// nearest to it (Jegou, Douze and Schmid, 2011; the plain form without codes).
//
// Lists, of rows x [n, d]: Lloyd's k-means with L centres. Nothing is drawn: centre j starts as row floor((2 j + 1) n /
// (2 L)). A row belongs to the centre c of largest  y(x, c) - h(c),  y in gemm's order (gemm.hpp), h(c) = half the sum
// of c(i)^2 in double over ascending i, rounded to fp32; that is the nearest one; of equal ones the lower, and a row of
// NaN to centre 0. A centre becomes the mean of its rows: a sum in double in ascending order of rows, divided once,
// rounded to fp32; one without rows stays. Centres move until no row changes its list, at most `iterations` times.
//
// Search: the `probes` lists of largest y(q, c) - h(c), then retrieve.hpp's order over the rows in them. A score has
// the bits that exact search gives that row, so with all lists probed the hits are top_k's. No batch, thread or
// instruction set changes a bit. Cost of lists: 2 n L d operations an iteration; of a query: 2 (L + rows in its lists)
// d.
#pragma once

#include <span>
#include <vector>

#include "kernels/retrieve.hpp"

namespace orrery::kernels {

struct Clusters {
  Matrix centres;       // [L, d]
  std::vector<int> of;  // the list of each row
};

// 1 <= lists <= rows.rows, iterations >= 0.
Clusters cluster(ConstMatrixView rows, int lists, int iterations, Workspace& workspace);

class Ivf {
 public:
  // Rows are packed list by list in `type`, and may go away afterwards.
  Ivf(ConstMatrixView rows, const Clusters& clusters, WeightType type = WeightType::fp32);

  int lists() const { return static_cast<int>(lists_.size()); }
  // queries [m, d], hits m * k; 1 <= probes <= lists(), k >= 1. Where fewer than k rows are in the lists that were
  // looked into, the last hits are Hit{-1, -infinity}.
  void search(ConstMatrixView queries, int k, int probes, std::span<Hit> hits, Workspace& workspace) const;

 private:
  struct List {
    std::vector<int> ids;  // ascending
    PackedMatrix rows;
  };

  void search_batch(ConstMatrixView queries, int probes, std::span<Best> best, Workspace& workspace) const;

  PackedMatrix centres_;
  std::vector<float> half_squares_;  // h
  std::vector<List> lists_;
};

namespace ref {
Clusters cluster(ConstMatrixView rows, int lists, int iterations, int k_block = 256);
// rows as they were clustered, scores over `stored`, the same rows as the lists hold them.
void ivf_search(const Clusters& clusters, const EncodedView& stored, ConstMatrixView queries, int k, int probes,
                std::span<Hit> hits, int k_block = 256);
}  // namespace ref

}  // namespace orrery::kernels
