#include "sim/quantiles.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/contract.hpp"

namespace orrery::sim {

Quantiles::Quantiles(std::vector<std::pair<double, double>> points) : points_(std::move(points)) {
  EXPECT(points_.size() >= 2 && points_.front().first == 0 && points_.back().first == 1);
  EXPECT(points_.front().second >= 0);
  for (std::size_t i = 1; i < points_.size(); ++i) {
    const auto& [p0, v0] = points_[i - 1];
    const auto& [p1, v1] = points_[i];
    EXPECT(p0 <= p1 && v0 <= v1);
    mean_ += (p1 - p0) * (v0 + v1) / 2;
  }
}

double Quantiles::at(double probability) const {
  EXPECT(probability >= 0 && probability <= 1);
  const auto above = std::upper_bound(points_.begin() + 1, points_.end() - 1, probability,
                                      [](double p, const auto& point) { return p < point.first; });
  const auto& [p0, v0] = *(above - 1);
  const auto& [p1, v1] = *above;
  if (p1 == p0) return v1;
  return v0 + (v1 - v0) * (probability - p0) / (p1 - p0);
}

double Quantiles::length_biased(Draw& draw) const {
  EXPECT(mean_ > 0);
  // A segment is chosen by its share of the mean; inside, the density grows with x: x^2 is uniform.
  double left = draw.uniform() * mean_;
  const double u = draw.uniform();
  std::size_t i = 1;
  for (; i + 1 < points_.size(); ++i) {
    const double share = (points_[i].first - points_[i - 1].first) * (points_[i].second + points_[i - 1].second) / 2;
    if (left < share) break;
    left -= share;
  }
  const double low = points_[i - 1].second;
  const double high = points_[i].second;
  return std::sqrt(low * low + u * (high * high - low * low));
}

}  // namespace orrery::sim
