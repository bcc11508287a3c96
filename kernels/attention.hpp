// Causal grouped-query attention over a key-value cache.
//
// For query row r at position p = first_position + r and head h, which reads key-value head g = h * kv_heads / heads:
//   s(j) = (q . key(j)) / sqrt(head_dim),  e(j) = exp(s(j) - max s),  out(d) = (sum_j e(j) value(j, d)) / sum_j e(j),
// over j = 0 .. p.
// Order: q . key is one chain of fma over d ascending; the numerator is, like gemm, chains of fma over 256 positions
// each, added in ascending order; the denominator is 16 lanes (j mod 16) added as in norm.hpp; exp is elementary.hpp's.
// All of it depends on p and never on m or first_position: prefill in one go, in chunks or token by token gives the
// same bits.
// Tolerance: let S = max_j sum_d |q(d) key(j, d)| / sqrt(head_dim). A weight e(j) / sum e has a relative error of at
// most 2 (head_dim + 4) u S + (p / 16 + 16) u, and the sum over positions adds (256 + p / 256 + 2) u; out is wrong by
// at most their sum times max_j |value(j, d)|.
// Cost: 4 head_dim flops and one exp a (row, head, position).
#pragma once

#include "kernels/tensor.hpp"
#include "kernels/workspace.hpp"

namespace orrery::kernels {

// Keys and values of one block and one sequence; memory belongs to the caller (model/kv_cache.hpp).
// Keys lie in panels of 16 positions, [kv_heads][capacity / 16][head_dim][16], so that sixteen scores are one vector;
// values lie as [kv_heads][capacity][head_dim rounded up to 16]. capacity is a multiple of 16.
// The memory starts out as zeros: vectors run over the padding, and 0 * NaN is not 0.
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
  int value_stride() const { return (head_dim + panel - 1) / panel * panel; }
  float* value(int head, int position) const {
    return values + (static_cast<std::ptrdiff_t>(head) * capacity + position) * value_stride();
  }
  // Floats behind keys and behind values.
  std::size_t key_floats() const { return static_cast<std::size_t>(kv_heads) * capacity * head_dim; }
  std::size_t value_floats() const { return static_cast<std::size_t>(kv_heads) * capacity * value_stride(); }
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
