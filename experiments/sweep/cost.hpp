// `orrery cost FILE`: what verification costs a token, for every row of a sweep, without serving anything.
//
// Published times of proofs and of encrypted inference cannot be run, only scaled; policies that do compute state what
// they send and how often they pass through the model. Both are the same Cost (sim/verification/policy.hpp), and the
// device of [swarm] says how long a pass takes.
#pragma once

#include <string>

#include "experiments/results.hpp"
#include "experiments/scenario_file.hpp"

namespace orrery::experiments::sweep {

// One row a row of the sweep; its metrics are those of one generated token of a request of workload.prompt_tokens and
// workload.output_tokens, served by one node with all blocks. InputError where the scenario names several devices or
// lengths that vary.
std::vector<Row> cost_rows(const ScenarioSource& source);

struct CostArguments {
  std::string scenario;
  std::vector<std::string> changes;
  std::string out;  // results file
};
// Writes the results file and returns the rows as a table.
std::string cost_text(const CostArguments& arguments);

}  // namespace orrery::experiments::sweep
