// How many replicas a point needs.
#pragma once

#include <vector>

#include "experiments/sweep_section.hpp"

namespace orrery::experiments::sweep {

// The replicas that a point should have, given the metric's values of those that it has (NaN: failed, or not defined):
// as many as there are if the interval is narrow enough, else what the square-root law says, at most twice as many and
// at most params.max_replicas.
std::size_t replicas_needed(const std::vector<double>& values, const SweepParams& params);

}  // namespace orrery::experiments::sweep
