// Quantiles of many positive values in bounded memory: a histogram with logarithmic buckets (Masson, Rim, Lee:
// DDSketch, VLDB 2019). A quantile is within a relative 0.5 % of the exact one. Sketches add up, in any order, to the
// same sketch.
#pragma once

#include <cstdint>
#include <vector>

namespace orrery::sim::serving {

class Sketch {
 public:
  void add(double x);  // x >= 0
  void add(const Sketch& other);
  std::uint64_t count() const { return count_; }
  // The q-quantile, 0 <= q <= 1 (nearest rank); NaN if nothing was added.
  double quantile(double q) const;

 private:
  std::uint64_t& bucket(int i);

  // From bucket first_ on; bucket i: (g^(i-1), g^i], g = 1.005 / 0.995. A decade takes 230.
  std::vector<std::uint64_t> buckets_;
  int first_ = 0;
  std::uint64_t zeros_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace orrery::sim::serving
