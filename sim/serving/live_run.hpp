// A scenario followed by the wall clock: the same entities, messages and policies as in virtual time, but each rank
// runs its own share of them, stages take as long as they take, and a message is under way for as long as the network
// says.
#pragma once

#include "sim/context.hpp"
#include "sim/execution/worker.hpp"
#include "sim/results.hpp"
#include "sim/serving/scenario.hpp"

namespace orrery::sim::serving {

// Collective; on rank 0 what clients saw (requests and their metrics), elsewhere nothing.
RunResult run_live(const Scenario& scenario, const workload::ModelGraph& graph, const execution::WorkerSetup& setup,
                   const Context& context);

}  // namespace orrery::sim::serving
