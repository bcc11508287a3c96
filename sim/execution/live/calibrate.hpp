// What this machine needs for a stage, for a token at the client and for a hop between ranks: the device model of a
// live run, measured on the ranks that will run it.
#pragma once

#include "sim/execution/live/live_numbers.hpp"
#include "sim/workload/model_graph.hpp"

namespace orrery::sim::execution::live {

// Medians over laps and ranks [s].
struct Calibration {
  Tokens chunk = 0;
  double step_s = 0;        // a block, one position behind a chunk
  double chunk_s = 0;       // a block, a chunk of positions
  double half_chunk_s = 0;  // a block, half of that
  double head_s = 0;        // LM head and sampling
  double hop_s = 0;         // what a hop takes beside the latency and the transfer that are injected
};

// Collective over two or more ranks, complete on rank 0: messages go round all of them, as they would in a run, and
// each rank computes when its turn comes, cold as a rank is that has waited. chunk >= 2.
Calibration calibrate(const Context& context, const WorkerSetup& setup, Tokens chunk);

// The device model that gives these times for a model's average block.
struct Fit {
  double gflops = 0;
  double gbytes_s = 0;
  double block_us = 0;
  double head_ms = 0;
  double hop_s = 0;
};
Fit fit(const Calibration& calibration, const workload::ModelGraph& model);

}  // namespace orrery::sim::execution::live
