// `orrery bench wire`: what each wire format costs in bytes and in quality on the embedded model.
#pragma once

#include <string>

namespace orrery::experiments {

// Prints bytes a token, perplexity and agreement with fp32 per format and number of stages; returns 1 if fp32 changes
// anything, which it must not. `json`, where not empty: a file for the rows (bench_json.hpp).
int wire_table(const std::string& json = {});

}  // namespace orrery::experiments
