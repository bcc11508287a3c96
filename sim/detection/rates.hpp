// From scores to rates: a threshold for each protocol and population, calibrated on half of the honest sequences, and
// what it does to the other half and to every cheat.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/detection/lab.hpp"
#include "sim/detection/statistics.hpp"

namespace orrery::sim::detection {

struct Cell {
  std::string population, behaviour, detector;
  BlockSpan blocks;
  std::int64_t rejected = 0;
  std::int64_t trials = 0;
  std::int64_t malformed = 0;  // rejected for what they were, not for their score
  double threshold = 0;        // NaN: a published rule
  std::optional<double> auc;   // cheats against all honest sequences of the same setting
  double score_median = 0;
  double rate() const { return static_cast<double>(rejected) / static_cast<double>(trials); }
  Interval interval() const { return clopper_pearson(rejected, trials); }
};

// One cell for every sample, protocol and rule, in that order; protocols that do not apply have none. `fpr` is what a
// calibrated threshold promises. A protocol with a published rule has a second cell under `<name>:published`.
std::vector<Cell> rates(const std::vector<Sample>& samples, const Plan& plan, double fpr);

}  // namespace orrery::sim::detection
