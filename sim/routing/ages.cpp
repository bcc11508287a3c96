#include "sim/routing/ages.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/contract.hpp"

namespace orrery::sim::routing {
namespace {

double quantile(std::vector<double>& x, double q) {
  const auto rank = std::lround(q * static_cast<double>(x.size() - 1));
  std::nth_element(x.begin(), x.begin() + rank, x.end());
  return x[static_cast<std::size_t>(rank)];
}

// A swarm that has just been switched on has ages near zero and no past to learn from.
constexpr double least_median_s = 1;
constexpr double heaviest_ratio = 1e3;  // of the quartile to the median; beyond it the scale vanishes

}  // namespace

AgeModel::AgeModel(std::vector<double> ages_s) {
  if (ages_s.empty()) return;
  const double median = std::max(least_median_s, quantile(ages_s, 0.5));
  const double ratio = std::min(heaviest_ratio, quantile(ages_s, 0.75) / median);
  if (ratio <= 2) {
    hazard_ = std::log(2.0) / median;
    return;
  }
  const double inverse = std::log2(ratio - 1);  // 1 / k
  scale_s_ = median / (std::exp2(inverse) - 1);
  exponent_ = 1 + 1 / inverse;
}

double AgeModel::losses(double age_s, double duration_s) const {
  EXPECT(age_s >= 0 && duration_s >= 0);
  if (exponent_ == 0) return hazard_ * duration_s;
  return exponent_ * std::log1p(duration_s / (scale_s_ + age_s));
}

}  // namespace orrery::sim::routing
