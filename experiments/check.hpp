// `orrery check`: what a scenario file comes to, without running it.
#pragma once

#include <string>

#include "sim/serving/scenario.hpp"

namespace orrery::experiments {

// The canonical text, which is a scenario file itself, and below it as comments the run's id and its size.
std::string check_text(const sim::serving::Scenario& scenario);

}  // namespace orrery::experiments
