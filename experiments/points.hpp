// Where a scenario stands in parameter space.
#pragma once

#include <string>
#include <vector>

#include "experiments/results.hpp"
#include "sim/serving/scenario.hpp"

namespace orrery::experiments {

// Every numeric key of the scenario that is no policy's parameter, with unit and meaning.
std::vector<Point> points_of(const sim::serving::Scenario& scenario);

// Unit and meaning of a key, a policy's parameter too; empty where it has none ("routing.policy") or is no key.
Point described(const std::string& key);

}  // namespace orrery::experiments
