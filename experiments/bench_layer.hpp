// `orrery bench layer`: a decoder layer of TinyLlama-1.1B's shape and its attention, against what llama.cpp reaches.
#pragma once

#include <string>
#include <vector>

#include "experiments/bench_table.hpp"

namespace orrery::experiments {

// Measures the rows in `rounds` interleaved rounds: each round measures the arithmetic and the reading of this machine
// first, and every case is a share of those. Answers are checked against the portable path before anything is timed.
std::vector<BenchRow> layer_rows(int rounds);

// Prints them; 0 if every row that must reach something reaches it. `json` as in bench_json.hpp, where not empty.
int bench_layer(bool quick, const std::string& json = {});

}  // namespace orrery::experiments
