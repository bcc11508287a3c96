// The strong id of a run: equal exactly where everything that affects its numbers is equal.
#pragma once

#include <string>
#include <string_view>

namespace orrery::experiments {

// 16 hexadecimal digits of BLAKE2b over the results version and the scenario's canonical text.
std::string run_id(std::string_view canonical);

}  // namespace orrery::experiments
