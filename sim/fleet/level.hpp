// How many of something there are, over virtual time: the time integral of a count, in bins. It needs no record of when
// each of them came, where a million would.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::fleet {

class Level {
 public:
  explicit Level(Duration period) : period_(period) {}

  void change(Time now, std::int64_t by) {
    while (last_ < now) {
      const auto bin = static_cast<std::size_t>(last_.ns() / period_.ns());
      const Time until = std::min(now, Time::from_ns(static_cast<std::int64_t>(bin + 1) * period_.ns()));
      if (bins_.size() <= bin) bins_.resize(bin + 1, 0.0);
      bins_[bin] += static_cast<double>(count_) * (until - last_).seconds();
      last_ = until;
    }
    count_ += by;
    most_ = std::max(most_, count_);
  }
  std::int64_t count() const { return count_; }
  std::int64_t most() const { return most_; }
  // Count x seconds in each bin, up to the last change; change(end, 0) closes them.
  const std::vector<double>& bins() const { return bins_; }
  double total() const {
    double sum = 0;
    for (double x : bins_) sum += x;
    return sum;
  }

 private:
  Duration period_;
  Time last_;
  std::int64_t count_ = 0;
  std::int64_t most_ = 0;
  std::vector<double> bins_;
};

}  // namespace orrery::sim::fleet
