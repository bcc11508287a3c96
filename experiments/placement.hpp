// What every sharding policy makes of a scenario's nodes.
#pragma once

#include <string>

#include "sim/serving/scenario.hpp"

namespace orrery::experiments {

// A table of all policies, and the spans of one of them: `show`, or the scenario's own where that is empty. InputError
// for a policy that does not exist.
std::string placement_text(const sim::serving::Scenario& scenario, const std::string& show);

}  // namespace orrery::experiments
