// Causal grouped-query attention over a key-value cache.
//
// For query row r at position p = first_position + r and head h, which reads key-value head g = h * kv_heads / heads:
//   s(j) = (q . key(j)) / sqrt(head_dim),  e(j) = exp(s(j) - max s),  out(d) = (sum_j e(j) value(j, d)) / sum_j e(j),
// over j = 0 .. p.
// Order: q . key is one chain of fma over d ascending; the numerator is, like gemm, chains of fma over 256 positions each,
// added in ascending order; the denominator is 16 lanes (j mod 16) added as in norm.hpp; exp is elementary.hpp's.
// All of it depends on p and never on m or first_position: prefill in one go, in chunks or token by token gives the same
// bits.
// Tolerance: |error| <= (head_dim + 10) u max|s| ... see the test; the twin gives the same bits.
// Cost: 4 head_dim flops and one exp a (row, head, position).
#pragma once

#include "kernels/tensor.hpp"
#include "kernels/workspace.hpp"

namespace orrery::kernels {

// Keys and values of one block and one sequence; memory belongs to the caller (model/kv_cache.hpp).
// Keys lie in panels of 16 positions, [kv_heads][capacity / 16][head_dim][16], so that sixteen scores are one vector;
// values lie as [kv_heads][capacity][head_dim]. capacity is a multiple of 16; memory starts out as zeros.
struct KvView {
  static constexpr int panel = 16;
  float* keys = nullptr;
  float* values = nullptr;
  int kv_heads = 0, head_dim = 0, capacity = 0;

  float* key_panel(int head, int index) const {
    return keys + (static_cast<std::ptrdiff_t>(head) * (capacity / panel) + index) * head_dim * panel;
  }
  float& key(int head, int position, int d) const {
    return key_panel(head, position / panel)[d * panel + position % panel];
  }
  float* value(int head, int position) const {
    return values + (static_cast<std::ptrdiff_t>(head) * capacity + position) * head_dim;
  }
};

// Writes k, v [m, kv_heads * head_dim] as positions first_position .. first_position + m - 1.
void store_kv(ConstMatrixView k, ConstMatrixView v, int first_position, const KvView& cache);

// q, out [m, heads * head_dim]; positions 0 .. first_position + m - 1 are in the cache. out may not overlap q.
void attention(ConstMatrixView q, int heads, int first_position, const KvView& cache, MatrixView out,
               Workspace& workspace);

namespace ref {
void attention(ConstMatrixView q, int heads, int first_position, const KvView& cache, MatrixView out);
}  // namespace ref

}  // namespace orrery::kernels
