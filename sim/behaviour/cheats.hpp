// The cheats that several behaviours have in common, by name.
#pragma once

#include <string>
#include <vector>

#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {

// In order of what they save, most first.
const std::vector<std::string>& cheat_names();
// The registered policy of that name, with its defaults.
std::unique_ptr<BehaviourPolicy> make_cheat(const std::string& name);
// Share of the stage's cost that a cheat saves: blocks left out, and bytes of weights that are not read.
double saving(const execution::Conduct& conduct, BlockSpan blocks);

}  // namespace orrery::sim::behaviour
