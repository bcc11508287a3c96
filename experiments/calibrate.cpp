#include "experiments/calibrate.hpp"

#include <fmt/format.h>

#include "experiments/files.hpp"
#include "experiments/scenario_file.hpp"
#include "sim/serving/run.hpp"

namespace orrery::experiments {

int run_calibration(const RunArguments& a, const Ranks& ranks) {
  const std::string text = ranks.on_root([&] { return read_file(a.scenario); });
  const auto scenario = parse_scenario({a.scenario, text, a.changes, a.seed});
  sim::Context context;
  context.comm = ranks.comm();
  context.threads = a.threads;
  const sim::execution::live::Fit fit = sim::serving::calibrate(scenario, context);
  if (ranks.speaks()) {
    fmt::print(
        "# Measured on {} ranks with chunks of {} tokens.\n[execution]\nmode = \"model\"\nnode_gflops = {:.6g}\n"
        "node_gbytes_s = {:.6g}\nnode_block_us = {:.6g}\nclient_head_ms = {:.6g}\nhop_overhead_s = {:.6g}\n",
        ranks.size(), scenario.serving.prefill_chunk, fit.gflops, fit.gbytes_s, fit.block_us, fit.head_ms, fit.hop_s);
  }
  return 0;
}

}  // namespace orrery::experiments
