#include "sim/execution/stage.hpp"

#include <cmath>

namespace orrery::sim::execution {
namespace {

// A draw a value, scaled to the root mean square of the row.
void make_noise(kernels::MatrixView x, Draw& draw) {
  for (int r = 0; r < x.rows; ++r) {
    double square = 0;
    for (const float v : x.row_span(r)) square += static_cast<double>(v) * v;
    const double rms = std::sqrt(square / x.cols);
    for (float& v : x.row_span(r)) v = static_cast<float>(rms * draw.normal());
  }
}

}  // namespace

void run_stage(BlockStore& store, const Conduct& conduct, BlockSpan blocks, int first, kernels::MatrixView x,
               kernels::model::KvCache& cache, kernels::Workspace& workspace, Draw noise,
               const std::function<void(int, kernels::ConstMatrixView)>& boundary, ExpertRows* experts) {
  const kernels::model::Config& config = store.model().config();
  if (boundary) boundary(0, x);
  for (int b = blocks.begin; b < blocks.end; ++b) {
    const Arithmetic& arithmetic = conduct.arithmetic(b);
    if (!conduct.runs(blocks, b)) {
      // Nothing is kept of what was passed over: should the block be run later on, it finds zeros there.
      cache.set_length(b, first + x.rows);
    } else {
      forward(config, store.block(b, arithmetic.weights), arithmetic, x, first, cache, b, workspace, nullptr, experts);
    }
    if (b + 1 == blocks.end && conduct.output == Output::noise) make_noise(x, noise);
    if (boundary) boundary(b + 1 - blocks.begin, x);
  }
}

}  // namespace orrery::sim::execution
