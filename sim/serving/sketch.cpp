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

void Sketch::add(double x) {
  EXPECT(x >= 0 && std::isfinite(x));
  ++count_;
  if (x < 1e-12) {
    ++zeros_;
  } else {
    ++buckets_[static_cast<int>(std::ceil(std::log(x) / log_base))];
  }
}

void Sketch::add(const Sketch& other) {
  count_ += other.count_;
  zeros_ += other.zeros_;
  for (const auto& [bucket, n] : other.buckets_) buckets_[bucket] += n;
}

double Sketch::quantile(double q) const {
  EXPECT(q >= 0 && q <= 1);
  if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto rank = static_cast<std::uint64_t>(std::max(1.0, std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = zeros_;
  if (seen >= rank) return 0;
  for (const auto& [bucket, n] : buckets_) {
    seen += n;
    // The point of (g^(i-1), g^i] that is equally far from both ends, relative to the value.
    if (seen >= rank) return 2 * std::exp(bucket * log_base) / (1 + std::exp(log_base));
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace orrery::sim::serving
