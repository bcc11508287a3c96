// What gemm.cpp asks of each weight type and instruction set. Private to gemm.
#pragma once

#include <cstddef>

#include "kernels/cpu.hpp"
#include "kernels/quant.hpp"

namespace orrery::kernels {

// Some rows x `steps` steps of the sums x some columns, in units of sixteen; two units are a panel.
struct GemmBlock {
  const float* x;           // the rows' steps as GemmPath::pack left them
  const std::byte* w;       // the first step of the first unit's panel
  std::size_t panel_bytes;  // from a panel to the next
  int steps;
  int unit, units;      // the first one is the first (0) or second (1) half of its panel
  const float* before;  // sums of the k blocks so far, to which these are added; null: there are none
  std::ptrdiff_t before_stride;
  float* out;
  std::ptrdiff_t out_stride;
  int columns;  // that out has, from the first unit's first: more than 16 * units or fewer
};

// One row of x against whole panels, all k blocks of them.
struct GemmRow {
  const float* x;      // as GemmPath::pack left the k blocks, one after the other
  const std::byte* w;  // the first panel
  std::size_t panel_bytes;
  int k, k_block, panels;
  float* out;
  int columns;  // that out has from there: more than 32 * panels or fewer
};

using GemmStrip = void(const GemmBlock&);
using GemmRowStrip = void(const GemmRow&);
// `rows` rows of x, `steps` long, to what a strip of so many rows reads.
using GemmPack = void(const float* x, std::ptrdiff_t stride, int rows, int steps, float* to);

// `steps` steps of half a panel, the first (0) or the second (1), as fp32, one step's sixteen columns after the other.
using GemmCopy = void(const std::byte* panel, int half, int steps, float* to);

struct GemmPath {
  GemmStrip* const* strips;  // strips[r - 1] computes r rows
  const int* units;          // units[r - 1]: how many it has in registers at once: 1, 2 or 4
  int rows;                  // most rows of one strip
  GemmPack* pack;
  GemmRowStrip* row;  // computes a single row
  // Where tiles are one unit wide and rows are many: halves of a panel are copied first, and these strips read copies.
  // In the panel a half takes every other cache line, which is half of the places that the first cache has for it.
  GemmCopy* copy = nullptr;
  GemmStrip* const* copied_strips = nullptr;
  // Whether weights are asked for while those before them are worked on. Otherwise the strips' own asking is enough.
  bool asks_ahead = false;
};

GemmPath gemm_float_path(Isa isa, bool bf16);
GemmPath gemm_bytes_path(Isa isa, bool int4);

}  // namespace orrery::kernels
