// A decoder block in any arithmetic, with its inner values if wanted.
//
// kernels/model/block.hpp is the block; with the default arithmetic this one has its bits. It is written out here
// because a cheat or another device rounds between the operations, and because an audit looks at what lies between
// them.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/arithmetic.hpp"
#include "sim/execution/weights.hpp"

namespace orrery::sim::execution {

// What a block computed on its way, one row a position, in this order.
struct Operators {
  kernels::Matrix attention_norm, qkv, mixed, attention, ffn_norm, gate_up, gated, ffn;
  static constexpr int count = 8;
  const kernels::Matrix& at(int index) const;

  // w8a8: the integer sums of the four products, [rows, outputs], and the rows that went into them.
  std::array<std::vector<std::int32_t>, products> sums;
  std::array<Int8Rows, products> inputs;
};

// x [n, hidden], in and out, at positions first .. first + n - 1; the cache holds `first` positions of this block.
// Fills `operators` with this call's rows if given.
void forward(const kernels::model::Config& config, const Block& block, const Arithmetic& arithmetic,
             kernels::MatrixView x, int first, kernels::model::KvCache& cache, int index, kernels::Workspace& workspace,
             Operators* operators = nullptr);

}  // namespace orrery::sim::execution
