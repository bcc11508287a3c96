// One run of one scenario.
#pragma once

#include <functional>

#include "sim/context.hpp"
#include "sim/execution/live/calibrate.hpp"
#include "sim/results.hpp"
#include "sim/serving/scenario.hpp"

namespace orrery::sim::serving {

struct RunOptions {
  bool trace = false;                                            // fill RunResult::trace
  std::function<void(double fraction_done, Time now)> progress;  // on rank 0, now and then
};

// Collective over context.comm; the result is complete on rank 0 and empty elsewhere. The same scenario gives the same
// result, bit for bit, on any number of ranks and threads. Throws InputError on every rank alike before anything runs,
// and RunError on rank 0 if the run breaks.
RunResult run(const Scenario& scenario, const Context& context, const RunOptions& options = {});

// Measures the device model of these ranks for the scenario's model, wire format and chunk. Collective over two or more
// ranks; complete on rank 0.
execution::live::Fit calibrate(const Scenario& scenario, const Context& context);

}  // namespace orrery::sim::serving
