// A model of equal dense blocks, and a device, whose times can be worked out by hand.
#pragma once

#include "sim/execution/roofline.hpp"

namespace orrery::tests {

inline sim::workload::ModelGraph dense(int blocks) {
  sim::workload::ModelGraph graph;
  graph.hidden = 1024;
  sim::workload::BlockCost block;
  block.weights = sim::Bytes(1e9);
  block.weights_shared = block.weights;
  block.flops_per_token = sim::Flops(1e9);
  block.flops_per_pair = sim::Flops(4096);
  block.kv_per_token = sim::Bytes(4096);
  graph.blocks.assign(static_cast<std::size_t>(blocks), block);
  graph.head = sim::Bytes(2e8);
  graph.head_flops_per_token = sim::Flops(2e8);
  return graph;
}

// 1 Tflop/s, 100 GB/s: a token is memory-bound, more than ten of them are compute-bound.
inline sim::execution::Machine machine() {
  return {sim::FlopsPerSecond(1e12), sim::BytesPerSecond(1e11), 0.018, 1e-4, 1};
}

}  // namespace orrery::tests
