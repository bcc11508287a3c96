#include "sim/serving/sketch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/contract.hpp"

namespace orrery::sim::serving {
namespace {
constexpr double accuracy = 0.005;
const double log_base = std::log((1 + accuracy) / (1 - accuracy));
}  // namespace

std::uint64_t& Sketch::bucket(int i) {
  if (buckets_.empty()) first_ = i;
  if (i < first_) {
    buckets_.insert(buckets_.begin(), static_cast<std::size_t>(first_ - i), 0);
    first_ = i;
  }
  const auto place = static_cast<std::size_t>(i - first_);
  if (place >= buckets_.size()) buckets_.resize(place + 1, 0);
  return buckets_[place];
}

void Sketch::add(double x) {
  EXPECT(x >= 0 && std::isfinite(x));
  ++count_;
  if (x < 1e-12) {
    ++zeros_;
  } else {
    ++bucket(static_cast<int>(std::ceil(std::log(x) / log_base)));
  }
}

void Sketch::add(const Sketch& other) {
  count_ += other.count_;
  zeros_ += other.zeros_;
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) {
    if (other.buckets_[i] > 0) bucket(other.first_ + static_cast<int>(i)) += other.buckets_[i];
  }
}

double Sketch::quantile(double q) const {
  EXPECT(q >= 0 && q <= 1);
  if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto rank = static_cast<std::uint64_t>(std::max(1.0, std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = zeros_;
  if (seen >= rank) return 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    // The point of (g^(i-1), g^i] that is equally far from both ends, relative to the value.
    if (seen >= rank) return 2 * std::exp((first_ + static_cast<int>(i)) * log_base) / (1 + std::exp(log_base));
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace orrery::sim::serving
