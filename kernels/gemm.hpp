// y[m, n] = x[m, k] W[n, k]^T with W packed once.
//
// Order: y(r, c) = s_0 + s_1 + ... added from left to right, where s_b is the chain  s = fma(x(r, i), W(c, i), s)  from
// s = +0 over the i of block b in ascending order; blocks are k_block long (256 unless Numerics says otherwise).
// The order does not depend on m, on threads or on the instruction set, so a row has the same bits in any batch.
// Tolerance against exact arithmetic: |error| <= (k_block + ceil(k / k_block)) u sum_i |x(r, i) W(c, i)|, u = 2^-24.
// Cost: 2 m n k flops; reads 4 n k bytes of weights once for each 240 rows of x.
#pragma once

#include "kernels/tensor.hpp"
#include "kernels/workspace.hpp"

namespace orrery::kernels {

// W[n, k] as panels of 32 output columns: element (c, i) lies at ((c / 32) * k + i) * 32 + c % 32. The last panel is
// filled up with zeros. A panel is read front to back, one cache line after the other.
class PackedMatrix {
 public:
  static constexpr int panel = 32;

  PackedMatrix() = default;
  PackedMatrix(int n, int k);  // all zeros; fill with set_rows
  explicit PackedMatrix(ConstMatrixView w);

  // Rows first .. first + w.rows - 1 of W; w.cols == k. Several weights packed side by side make one gemm.
  void set_rows(int first, ConstMatrixView w);

  int n() const { return n_; }
  int k() const { return k_; }
  int panels() const { return (n_ + panel - 1) / panel; }
  const float* panel_data(int p) const { return data_.get() + static_cast<std::ptrdiff_t>(p) * k_ * panel; }
  float at(int c, int i) const { return panel_data(c / panel)[static_cast<std::ptrdiff_t>(i) * panel + c % panel]; }
  std::size_t bytes() const;

 private:
  int n_ = 0, k_ = 0;
  FloatBuffer data_;
};

// Shapes: x [m, k], y [m, n]; y overlaps neither x nor w.
void gemm(ConstMatrixView x, const PackedMatrix& w, MatrixView y, Workspace& workspace);

namespace ref {
// w [n, k], not packed.
void gemm(ConstMatrixView x, ConstMatrixView w, MatrixView y, int k_block = 256);
}  // namespace ref

}  // namespace orrery::kernels
