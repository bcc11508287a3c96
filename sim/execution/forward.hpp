// A decoder block in any arithmetic, with its inner values if wanted.
//
// kernels/model/block.hpp is the block; this steps in where a cheat or another device computes otherwise, and keeps
// what an audit looks at. With the default arithmetic it has the block's bits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/arithmetic.hpp"
#include "sim/execution/weights.hpp"

namespace orrery::sim::execution {

// What a block computed on its way, one row a position, in this order. Of a mixture of experts gate_up and gated stay
// empty: they are the experts'.
struct Operators {
  kernels::Matrix attention_norm, qkv, mixed, attention, ffn_norm, gate_up, gated, ffn;
  static constexpr int count = 8;
  const kernels::Matrix& at(int index) const;

  // w8a8: the integer sums of the four products, [rows, outputs], and the rows that went into them.
  std::array<std::vector<std::int32_t>, products> sums;
  std::array<Int8Rows, products> inputs;
};

// Rows of one block grouped by expert, through experts wherever they are (kernels/moe.hpp: Experts::run). x and y
// [n, hidden], first [experts + 1].
class ExpertRows {
 public:
  virtual ~ExpertRows() = default;
  virtual void run(int block, const Arithmetic& arithmetic, kernels::ConstMatrixView x, std::span<const int> first,
                   kernels::MatrixView y) = 0;
};

// The same through experts whose weights are in `block`.
void run_experts(const Block& block, const Arithmetic& arithmetic, kernels::ConstMatrixView x,
                 std::span<const int> first, kernels::MatrixView y, kernels::Workspace& workspace);

// x [n, hidden], in and out, at positions first .. first + n - 1; the cache holds `first` positions of this block.
// Fills `operators` with this call's rows if given. `experts` runs those of a mixture if given, otherwise they are in
// the block.
void forward(const kernels::model::Config& config, const Block& block, const Arithmetic& arithmetic,
             kernels::MatrixView x, int first, kernels::model::KvCache& cache, int index, kernels::Workspace& workspace,
             Operators* operators = nullptr, ExpertRows* experts = nullptr);

}  // namespace orrery::sim::execution
