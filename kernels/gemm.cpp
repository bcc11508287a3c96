#include "kernels/gemm.hpp"

#include <algorithm>

#include <omp.h>

#include "kernels/gemm_path.hpp"

namespace orrery::kernels {
namespace {

// Rows of x in flight: a multiple of every path's strip. A k block of them (240 KiB) stays in L2 while all panels pass.
constexpr int row_chunk = 240;
// Below this many multiplications a second thread costs more than it brings.
constexpr double worth_a_thread = 1 << 20;

bool in_blocks(WeightType type) { return type == WeightType::int8 || type == WeightType::int4; }

GemmPath path_for(Isa isa, WeightType type) {
  return in_blocks(type) ? gemm_bytes_path(isa, type == WeightType::int4)
                         : gemm_float_path(isa, type == WeightType::bf16);
}

// Rows of one strip, so that all strips are about equally high: 16 rows are 8 + 8, not 12 + 4.
int strip_height(int rows, int most) {
  const int strips = (rows + most - 1) / most;
  return (rows + strips - 1) / strips;
}

// Words of x that a row takes for so many steps once it is packed: quantised, ten for a block of 32.
std::ptrdiff_t packed_words(WeightType type, std::ptrdiff_t steps) {
  return in_blocks(type) ? (steps + weight_block - 1) / weight_block * 10 : steps;
}

// One chunk of rows. Where x lies packed: k block by k block, and in each strip by strip.
struct Chunk {
  GemmPath path;
  ConstMatrixView x;
  const PackedMatrix& w;
  MatrixView y;
  int k_block;
  float* packed;  // null: a single fp32 row lies already as its strip wants it

  int strip() const { return strip_height(x.rows, path.rows); }
  int k_blocks() const { return static_cast<int>((static_cast<std::ptrdiff_t>(w.k()) + k_block - 1) / k_block); }
  int steps(int block) const { return std::min(k_block, w.k() - block * k_block); }
  float* place(int block, int r0) const {
    return packed + packed_words(w.type(), static_cast<std::ptrdiff_t>(block) * k_block) * x.rows +
           packed_words(w.type(), steps(block)) * r0;
  }

  void pack(int block) const {
    for (int r0 = 0; r0 < x.rows; r0 += strip())
      path.pack(x.row(r0) + static_cast<std::ptrdiff_t>(block) * k_block, x.stride, std::min(strip(), x.rows - r0),
                steps(block), place(block, r0));
  }

  // Panels [p0, p1) of all rows. Every output element is written here and by no other task.
  void multiply(int p0, int p1) const {
    for (int block = 0; block < k_blocks(); ++block) {
      const int k0 = block * k_block;
      for (int r0 = 0; r0 < x.rows; r0 += strip()) {
        const int height = std::min(strip(), x.rows - r0);
        const float* rows = packed != nullptr ? place(block, r0) : x.row(r0) + k0;
        path.strips[height - 1]({rows, w.data() + packed_bytes(w.type(), k0), w.panel_bytes(), steps(block), p0, p1,
                                 block == 0, y.row(r0), y.stride, w.n()});
      }
    }
  }
};

}  // namespace

void gemm(ConstMatrixView x, const PackedMatrix& w, MatrixView y, Workspace& workspace) {
  EXPECT(x.cols == w.k() && y.rows == x.rows && y.cols == w.n());
  if (w.k() == 0) {
    for (int r = 0; r < y.rows; ++r) std::fill_n(y.row(r), y.cols, 0.0F);
    return;
  }
  const GemmPath path = path_for(workspace.cpu.isa, w.type());
  int k_block = std::min(workspace.numerics.k_block, w.k());
  if (in_blocks(w.type())) k_block = (k_block + weight_block - 1) / weight_block * weight_block;
  Workspace::Scope scope(workspace);
  const bool as_is = x.rows == 1 && !in_blocks(w.type());
  const std::ptrdiff_t words = packed_words(w.type(), w.k()) * std::min(x.rows, row_chunk);
  float* packed = as_is ? nullptr : scope.take(static_cast<std::size_t>(words));
  for (int r0 = 0; r0 < x.rows; r0 += row_chunk) {
    const int rows = std::min(row_chunk, x.rows - r0);
    const Chunk chunk{path, x.slice_rows(r0, rows), w, y.slice_rows(r0, rows), k_block, packed};
    if (!as_is)
      for (int block = 0; block < chunk.k_blocks(); ++block) chunk.pack(block);
    const int step = rows <= path.pair_rows ? 2 : 1;
    const int steps = (w.panels() + step - 1) / step;
    const bool share = workspace.cpu.threads > 1 && static_cast<double>(rows) * w.n() * w.k() >= worth_a_thread;
    if (!share) {
      for (int s = 0; s < steps; ++s) chunk.multiply(s * step, std::min((s + 1) * step, w.panels()));
    } else {
#pragma omp parallel for num_threads(workspace.cpu.threads) schedule(static)
      for (int s = 0; s < steps; ++s) chunk.multiply(s * step, std::min((s + 1) * step, w.panels()));
    }
  }
}

}  // namespace orrery::kernels
