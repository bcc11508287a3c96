// `orrery calibrate foreign`: thresholds that were calibrated on emulated devices, held against real ones.
#pragma once

#include <string>
#include <vector>

namespace orrery::experiments {

struct ForeignArguments {
  std::vector<std::string> traces;  // files that sim/detection/foreign.hpp describes
  std::string questions;            // write prompts and noise here instead
  std::string table;                // write what was found here, as data/foreign.toml is
  int sequences = 64;               // of the questions
  int tokens = 32;                  // generated in each
  int threads = 1;
};

// Writes the questions and the table, if they are asked for; says what every protocol makes of every file, as a table.
std::string calibrate_foreign(const ForeignArguments& arguments);

}  // namespace orrery::experiments
