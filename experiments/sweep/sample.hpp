// Points that are drawn instead of combined.
#pragma once

#include <vector>

#include "experiments/sweep/axis.hpp"

namespace orrery::experiments::sweep {

// Gives every axis params.samples levels, that of point i at i. An axis draws from a stream of its own: adding one
// leaves the values of those before it as they were.
void sample_axes(std::vector<Axis>& axes, const SweepParams& params);

}  // namespace orrery::experiments::sweep
