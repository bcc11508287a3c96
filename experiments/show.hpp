// `orrery show`: a results file as a table.
#pragma once

#include <string>

#include "experiments/results.hpp"

namespace orrery::experiments {

// What the file is, its failed rows with their reasons, and every metric with its unit: the value of a single run, or
// lowest, median and highest over the runs that are done. Then the first `texts` texts that users received.
std::string show_text(const StoredResults& results, int texts = 0);

// One run's metrics, as `run` prints them.
std::string metrics_text(const std::vector<sim::Metric>& metrics);

}  // namespace orrery::experiments
