// Exact search: the k rows of a matrix of embeddings with the largest inner product with a query.
//
//   score(q, r) = sum_i query(q, i) row(r, i)        in gemm's order and type, hence with gemm's tolerance (gemm.hpp)
//   hits(q)     = the k rows of largest score, the best first; of equal scores the lower row; NaN behind every number
// A query's hits depend on no batch, thread or instruction set. Cosine similarity is the same search over rows and
// queries of length 1 (model/encoder.hpp: normalise_rows). Cost a query: 2 rows cols operations, the matrix read once
// for each batch of up to 264 queries, and one comparison a row; memory: at most 64 MiB of scores, or those of one
// query.
#pragma once

#include <span>

#include "kernels/packed.hpp"
#include "kernels/tensor.hpp"
#include "kernels/workspace.hpp"

namespace orrery::kernels {

struct Hit {
  int index = -1;  // of the row or document; -1: there was none left
  float score = 0.0F;
  bool operator==(const Hit&) const = default;
};

// Whether a is found before b.
bool before(const Hit& a, const Hit& b);

// The best of the hits that are offered, in the room of `kept`, whatever their order.
class Best {
 public:
  explicit Best(std::span<Hit> kept) : kept_(kept) {}
  void offer(Hit hit) {
    if (count_ < kept_.size() || before(hit, kept_[0])) take(hit);
  }
  // Puts the best first, fills up with Hit{-1, -infinity} and gives how many there are. Once, at the end.
  int finish();

 private:
  void take(Hit hit);

  std::span<Hit> kept_;  // a heap, the worst on top
  std::size_t count_ = 0;
};

// queries [m, rows.k()], hits m * k, those of query q from q * k on; 1 <= k <= rows.n().
void top_k(ConstMatrixView queries, const PackedMatrix& rows, int k, std::span<Hit> hits, Workspace& workspace);

// The share of the exact hits that `found` holds too, over all queries; both as top_k gives them.
double recall(std::span<const Hit> found, std::span<const Hit> exact, int k);

namespace ref {
// rows [n, cols], not packed. Sorts all of them.
void top_k(ConstMatrixView queries, const EncodedView& rows, int k, std::span<Hit> hits, int k_block = 256);
}  // namespace ref

}  // namespace orrery::kernels
