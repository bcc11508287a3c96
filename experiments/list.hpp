// `orrery list`: the names that a scenario can use.
#pragma once

#include <string>
#include <vector>

namespace orrery::experiments {

// What `orrery list WHAT` accepts: the kinds of policy, then the tables of facts.
std::vector<std::string> listings();

// One line a name; with an empty `what`, every listing under its own heading. InputError for an unknown one.
std::string list_text(const std::string& what);

}  // namespace orrery::experiments
