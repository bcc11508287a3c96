// `orrery sweep`: many runs of one scenario file, into one results file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/ranks.hpp"
#include "experiments/scenario_file.hpp"

namespace orrery::experiments::sweep {

struct SweepArguments {
  std::string scenario;              // path
  std::vector<std::string> changes;  // --set
  std::optional<std::int64_t> seed;
  std::string out;  // results file
  bool quiet = false;
  int threads = 1;
  std::vector<std::string> command;  // argv, for the side log
};

// Returns 0, or 1 where runs failed (they are listed, and their rows say why). Collective. InputError is thrown on
// every rank alike before anything is written.
int run_sweep(const SweepArguments& arguments, const Ranks& ranks);

}  // namespace orrery::experiments::sweep
