// Real numbers: the simulating side. Rank 0 of the communicator simulates; ranks 1 .. size-1 compute, or rank 0 itself
// where it is alone. Nodes and clients are pinned to computing ranks by id, so a run's numbers depend on no rank count.
#pragma once

#include <memory>

#include "sim/context.hpp"
#include "sim/execution/numbers.hpp"
#include "sim/execution/worker.hpp"

namespace orrery::sim::execution {

// On rank 0 of context.comm. Nothing is waited for until is_end() or finish(): the simulator runs ahead in virtual
// time.
std::unique_ptr<Numbers> make_rank_numbers(const Context& context, const WorkerSetup& setup);

// On every other rank: computes until rank 0 finishes.
void serve_ranks(const Context& context, const WorkerSetup& setup);

}  // namespace orrery::sim::execution
