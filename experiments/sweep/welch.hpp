// Welch's test of the difference between two means.
#pragma once

#include <vector>

namespace orrery::experiments::sweep {

struct Welch {
  double difference = 0;  // of the means, b - a
  double p = 1;           // two-sided; NaN where there is nothing to test (fewer than two values, or no spread at all)
};

Welch welch(const std::vector<double>& a, const std::vector<double>& b);

// Which of these tests are significant together (Holm 1979): NaN never is, and counts for none.
std::vector<bool> holm(const std::vector<double>& p, double significance);

}  // namespace orrery::experiments::sweep
