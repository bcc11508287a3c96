// `orrery calibrate device`: the device model of this machine, measured.
#pragma once

#include "experiments/ranks.hpp"
#include "experiments/run.hpp"

namespace orrery::experiments {

// Collective; prints an [execution] section for a scenario in mode "model" that is to predict the same in mode "live".
int run_calibration(const RunArguments& arguments, const Ranks& ranks);

}  // namespace orrery::experiments
