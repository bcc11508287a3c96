// One run on the ranks of one communicator, with everything that can go wrong in it as an outcome.
#pragma once

#include "experiments/ranks.hpp"
#include "sim/serving/run.hpp"

namespace orrery::experiments {

// How the run ended: 0 with `result` complete on rank 0, 1 it broke, 2 the run found its input to be bad; the message
// is the same on every rank. Collective over ranks.comm(), which is the context's. A rank that broke where the others
// cannot know of it says its last words and ends all.
Ranks::Outcome attempt(const sim::serving::Scenario& scenario, const sim::Context& context,
                       const sim::serving::RunOptions& options, const Ranks& ranks, sim::RunResult& result,
                       const Ranks::LastWords& last_words = {});

}  // namespace orrery::experiments
