// `orrery bench serving`: what simulating a served request costs.
#pragma once

#include <string>

namespace orrery::experiments {

// Prints CPU time per token and request for a few swarms, with what it must be. Returns 0, or 1 if a run did not serve
// what it was asked or a row is missed. `json`, where not empty: a file for the rows (bench_json.hpp).
int bench_serving(const std::string& json = {});

}  // namespace orrery::experiments
