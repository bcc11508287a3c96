#include "kernels/gemm.hpp"

#include <algorithm>
#include <cstring>

#include <omp.h>

namespace orrery::kernels {

// Rows x one k block x some panels; gemm.body.hpp.
using GemmStrip = void(const float* x, const float* w, int k, int k0, int k1, int p0, int p1, float* y,
                       std::ptrdiff_t y_stride, int n);

struct GemmPath {
  GemmStrip* const* strips;  // strips[r - 1] computes r rows
  int rows;                  // most rows of one strip
  int vecs;                  // vectors of sums that a strip keeps in registers
};

}  // namespace orrery::kernels

#define ORRERY_BODY "kernels/gemm.body.hpp"
#include "kernels/foreach_isa.hpp"

namespace orrery::kernels {
namespace {

// Rows of x in flight: a multiple of every path's strip. A k block of them (240 KiB) stays in L2 while all panels pass.
constexpr int row_chunk = 240;
// Below this many multiplications a second thread costs more than it brings.
constexpr double worth_a_thread = 1 << 20;

// Rows of one strip, so that all strips are about equally high: 16 rows are 8 + 8, not 12 + 4.
int strip_height(int rows, int most) {
  const int strips = (rows + most - 1) / most;
  return (rows + strips - 1) / strips;
}

// Puts each strip's rows side by side: element (r, i) of a strip at i * height + r, one strip after the other.
void interleave(ConstMatrixView x, int strip, float* to) {
  for (int r0 = 0; r0 < x.rows; r0 += strip) {
    const int height = std::min(strip, x.rows - r0);
    for (int r = 0; r < height; ++r) {
      const float* from = x.row(r0 + r);
      for (std::ptrdiff_t i = 0; i < x.cols; ++i) to[i * height + r] = from[i];
    }
    to += static_cast<std::ptrdiff_t>(height) * x.cols;
  }
}

// Panels [p0, p1) of all rows. Every output element is written here and by no other task.
void multiply(const GemmPath& path, const float* x, int rows, const PackedMatrix& w, int p0, int p1, MatrixView y,
              int k_block) {
  const int k = w.k(), strip = strip_height(rows, path.rows);
  for (int k0 = 0; k0 < k; k0 += k_block) {
    const int k1 = k - k0 > k_block ? k0 + k_block : k;
    for (int r0 = 0; r0 < rows; r0 += strip) {
      const int height = std::min(strip, rows - r0);
      path.strips[height - 1](x + static_cast<std::ptrdiff_t>(r0) * k, w.panel_data(0), k, k0, k1, p0, p1, y.row(r0),
                              y.stride, w.n());
    }
  }
}

}  // namespace

void gemm(ConstMatrixView x, const PackedMatrix& w, MatrixView y, Workspace& workspace) {
  EXPECT(x.cols == w.k() && y.rows == x.rows && y.cols == w.n());
  if (w.k() == 0) {
    for (int r = 0; r < y.rows; ++r) std::fill_n(y.row(r), y.cols, 0.0F);
    return;
  }
  const GemmPath path = by_isa(workspace.cpu.isa, ORRERY_EACH(gemm_path));
  const int k_block = workspace.numerics.k_block;
  Workspace::Scope scope(workspace);
  // One row already lies as its strip wants it.
  float* packed = x.rows == 1 ? nullptr : scope.take(static_cast<std::size_t>(std::min(x.rows, row_chunk)) * x.cols);
  for (int r0 = 0; r0 < x.rows; r0 += row_chunk) {
    const int rows = std::min(row_chunk, x.rows - r0);
    if (packed != nullptr) interleave(x.slice_rows(r0, rows), strip_height(rows, path.rows), packed);
    const float* strips = packed != nullptr ? packed : x.row(r0);
    const MatrixView out = y.slice_rows(r0, rows);
    // Few rows: two panels side by side (four vectors a row) hide the latency of the additions. Many: one stays in L1.
    const int step = rows * 4 <= path.vecs ? 2 : 1;
    const int steps = (w.panels() + step - 1) / step;
    const bool share = workspace.cpu.threads > 1 && static_cast<double>(rows) * w.n() * w.k() >= worth_a_thread;
    if (!share) {
      for (int s = 0; s < steps; ++s)
        multiply(path, strips, rows, w, s * step, std::min((s + 1) * step, w.panels()), out, k_block);
    } else {
#pragma omp parallel for num_threads(workspace.cpu.threads) schedule(static)
      for (int s = 0; s < steps; ++s)
        multiply(path, strips, rows, w, s * step, std::min((s + 1) * step, w.panels()), out, k_block);
    }
  }
}

PackedMatrix::PackedMatrix(int n, int k) : n_(n), k_(k) {
  EXPECT(n >= 0 && k >= 0);
  data_ = allocate_floats(bytes() / sizeof(float));
  std::memset(data_.get(), 0, bytes());
}

PackedMatrix::PackedMatrix(ConstMatrixView w) : PackedMatrix(w.rows, w.cols) { set_rows(0, w); }

std::size_t PackedMatrix::bytes() const {
  return static_cast<std::size_t>(panels()) * panel * static_cast<std::size_t>(k_) * sizeof(float);
}

void PackedMatrix::set_rows(int first, ConstMatrixView w) {
  EXPECT(w.cols == k_ && first >= 0 && first + w.rows <= n_);
  for (int r = 0; r < w.rows; ++r) {
    const int c = first + r;
    float* to = data_.get() + static_cast<std::ptrdiff_t>(c / panel) * k_ * panel + c % panel;
    const float* from = w.row(r);
    for (std::ptrdiff_t i = 0; i < k_; ++i) to[i * panel] = from[i];
  }
}

}  // namespace orrery::kernels
