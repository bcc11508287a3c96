// `orrery diff`: two results files, run by run and point by point.
#pragma once

#include <string>

#include "experiments/results.hpp"

namespace orrery::experiments::sweep {

struct DiffArguments {
  double tolerance = 0;        // relative difference of a metric that counts as none
  double significance = 0.05;  // of the test of a difference between means
};

struct Diff {
  std::string text;
  bool equal = true;  // every run of one is in the other, with the same numbers within the tolerance
};

// Runs of the same scenario (whatever the program's version) are compared number by number. For points, which are named
// by the axes that both files have, means over replicas are compared by Welch's test; with several tests, Holm's
// correction keeps the chance of any false alarm below `significance`.
Diff diff(const StoredRows& a, const StoredRows& b, const DiffArguments& arguments);

}  // namespace orrery::experiments::sweep
