// `orrery run`: one scenario, one run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "experiments/ranks.hpp"
#include "experiments/scenario_file.hpp"

namespace orrery::experiments {

struct RunArguments {
  std::string scenario;              // path
  std::vector<std::string> changes;  // --set
  std::optional<std::int64_t> seed;
  // How the file becomes a scenario: one row of a sweep is read otherwise.
  std::function<sim::serving::Scenario(const ScenarioSource&)> read = [](const ScenarioSource& source) {
    return parse_scenario(source);
  };
  std::string out;    // results file; empty: none
  std::string trace;  // trace file; empty: none
  bool quiet = false;
  int threads = 1;
  std::vector<std::string> command;  // argv, for the side log
};

// Returns 0, or 1 where the run failed (its row says why). Collective. InputError is thrown on every rank alike.
int run_scenario(const RunArguments& arguments, const Ranks& ranks);

}  // namespace orrery::experiments
