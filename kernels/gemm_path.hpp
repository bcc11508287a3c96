// What gemm.cpp asks of each weight type and instruction set. Private to gemm.
#pragma once

#include <cstddef>

#include "kernels/cpu.hpp"
#include "kernels/quant.hpp"

namespace orrery::kernels {

// Some rows x the steps [k0, k0 + steps) of the sums x the panels [p0, p1).
struct GemmBlock {
  const float* x;           // the rows' steps as GemmPath::pack left them
  const std::byte* w;       // step k0 of panel 0
  std::size_t panel_bytes;  // from a panel to the next
  int steps, p0, p1;
  bool first;  // k0 == 0: y is set, otherwise added to
  float* y;
  std::ptrdiff_t y_stride;
  int n;  // columns of y
};

using GemmStrip = void(const GemmBlock&);
// `rows` rows of x, `steps` long, to what a strip of so many rows reads.
using GemmPack = void(const float* x, std::ptrdiff_t stride, int rows, int steps, float* to);

struct GemmPath {
  GemmStrip* const* strips;  // strips[r - 1] computes r rows
  int rows;                  // most rows of one strip
  int pair_rows;             // up to so many rows, two panels side by side hide the latency of the additions
  GemmPack* pack;
};

GemmPath gemm_float_path(Isa isa, bool bf16);
GemmPath gemm_bytes_path(Isa isa, bool int4);

}  // namespace orrery::kernels
