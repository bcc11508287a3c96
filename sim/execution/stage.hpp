// A stage as a node really runs it.
#pragma once

#include <functional>

#include "sim/execution/conduct.hpp"
#include "sim/execution/forward.hpp"
#include "sim/random.hpp"

namespace orrery::sim::execution {

// x [n, hidden], in and out: positions first .. first + n - 1 through `blocks` under `conduct`. The cache holds what
// the blocks that ran have stored. `noise` draws where the conduct is to put out noise. `boundary(depth, x)` sees the
// rows before the first block (0) and after each one, if given. `experts` as in forward().
void run_stage(BlockStore& store, const Conduct& conduct, BlockSpan blocks, int first, kernels::MatrixView x,
               kernels::model::KvCache& cache, kernels::Workspace& workspace, Draw noise,
               const std::function<void(int, kernels::ConstMatrixView)>& boundary = {}, ExpertRows* experts = nullptr);

}  // namespace orrery::sim::execution
