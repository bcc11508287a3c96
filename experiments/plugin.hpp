// Policies from shared objects that are no part of this program: `--plugin FILE`. A policy there is the same one file
// as here, with the same ORRERY_REGISTER; docs/POLICY.md says how to build it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiments/ranks.hpp"

namespace orrery::experiments {

// What this program's plugins must carry: "GCC 12.2.0, orrery 0.1.0, headers 0123456789abcdef".
std::string_view plugin_stamp();

// The stamp in the bytes of a shared object; empty where there is none.
std::string_view plugin_stamp_in(std::string_view bytes);

// Loads the files in order, on every rank, for the life of the process; before anything looks at the registries, which
// from then on have their policies too. InputError, on every rank alike, for a file that cannot be read or loaded, that
// was built against other headers, differs between ranks, is given twice, brings no policy, or one whose name is taken.
// Collective.
void load_plugins(const std::vector<std::string>& paths, const Ranks& ranks);

}  // namespace orrery::experiments
