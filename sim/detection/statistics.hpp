// Shares with their intervals, and thresholds with a promise.
#pragma once

#include <cstdint>
#include <vector>

namespace orrery::sim::detection {

struct Interval {
  double low = 0;
  double high = 1;
};

// Exact two-sided interval of a binomial share at this level (Clopper and Pearson 1934).
Interval clopper_pearson(std::int64_t successes, std::int64_t trials, double level = 0.95);
// The same share's score interval (Wilson 1927): shorter, and right on average instead of always.
Interval wilson(std::int64_t successes, std::int64_t trials, double level = 0.95);

// The chance that a cheat's score exceeds an honest one's, ties counting half.
double area_under_roc(std::vector<double> honest, const std::vector<double>& cheats);

// The smallest score such that a fresh honest one exceeds it with probability at most `fpr`, over the draw of both
// (split conformal: the ceil((1 - fpr) (n + 1))-th smallest of n). Infinity where n is too small for that promise.
double conformal_threshold(std::vector<double> honest, double fpr);

// The middle one, of an even number the larger of the two in the middle. Not empty.
double median(std::vector<double> list);

// Regularised incomplete beta function, to 1e-12 or so.
double incomplete_beta(double a, double b, double x);

}  // namespace orrery::sim::detection
