// A distribution known by its quantiles: how measured lengths and lifetimes travel as facts.
//
// Between two quantiles the value grows linearly with the probability (each segment is uniform), so mean, sampling and
// length-biased sampling are exact; nothing is extrapolated beyond the first and last point.
#pragma once

#include <utility>
#include <vector>

#include "sim/random.hpp"

namespace orrery::sim {

class Quantiles {
 public:
  // (probability, value), both non-decreasing, values >= 0; the first probability is 0 and the last is 1.
  explicit Quantiles(std::vector<std::pair<double, double>> points);

  double at(double probability) const;  // value at probability in [0, 1]
  double mean() const { return mean_; }
  double sample(Draw& draw) const { return at(draw.uniform()); }
  // A draw from the density x f(x) / mean: the interval that covers a random instant; mean() must be > 0.
  double length_biased(Draw& draw) const;
  double highest() const { return points_.back().second; }

 private:
  std::vector<std::pair<double, double>> points_;
  double mean_ = 0;
};

}  // namespace orrery::sim
