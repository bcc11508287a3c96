#include "sim/detection/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/contract.hpp"

namespace orrery::sim::detection {
namespace {

// Lentz's continued fraction, for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::fabs(d) < tiny ? tiny : d);
  double h = d;
  for (int m = 1; m < 1000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double change = 1;
    for (const double term : {even, odd}) {
      d = 1 + term * d;
      d = 1 / (std::fabs(d) < tiny ? tiny : d);
      c = 1 + term / c;
      c = std::fabs(c) < tiny ? tiny : c;
      change = d * c;
      h *= change;
    }
    if (std::fabs(change - 1) < 1e-15) break;
  }
  return h;
}

// x with incomplete_beta(a, b, x) = p.
double beta_quantile(double a, double b, double p) {
  double low = 0, high = 1;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (incomplete_beta(a, b, middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

// The standard normal quantile by bisection of its distribution.
double normal_quantile(double p) {
  double low = -40, high = 40;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
  EXPECT(a > 0 && b > 0 && x >= 0 && x <= 1);
  if (x == 0 || x == 1) return x;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

Interval clopper_pearson(std::int64_t successes, std::int64_t trials, double level) {
  EXPECT(0 <= successes && successes <= trials && level > 0 && level < 1);
  Interval out;
  const auto k = static_cast<double>(successes), n = static_cast<double>(trials);
  const double tail = 0.5 * (1 - level);
  if (successes > 0) out.low = beta_quantile(k, n - k + 1, tail);
  if (successes < trials) out.high = beta_quantile(k + 1, n - k, 1 - tail);
  return out;
}

Interval wilson(std::int64_t successes, std::int64_t trials, double level) {
  EXPECT(0 <= successes && successes <= trials && level > 0 && level < 1);
  if (trials == 0) return {};
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n, z = normal_quantile(0.5 * (1 + level));
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double area_under_roc(std::vector<double> honest, const std::vector<double>& cheats) {
  EXPECT(!honest.empty() && !cheats.empty());
  std::sort(honest.begin(), honest.end());
  double sum = 0;
  for (const double score : cheats) {
    const auto [below, above] = std::equal_range(honest.begin(), honest.end(), score);
    sum += static_cast<double>(below - honest.begin()) + 0.5 * static_cast<double>(above - below);
  }
  return sum / (static_cast<double>(honest.size()) * static_cast<double>(cheats.size()));
}

double conformal_threshold(std::vector<double> honest, double fpr) {
  EXPECT(fpr > 0 && fpr < 1);
  std::sort(honest.begin(), honest.end());
  // A hair less, so that (1 - 0.01) * 100 is 99 whatever binary thinks of it.
  const double rank = std::ceil((1 - fpr) * static_cast<double>(honest.size() + 1) - 1e-9);
  if (rank > static_cast<double>(honest.size())) return std::numeric_limits<double>::infinity();
  return honest[static_cast<std::size_t>(rank) - 1];
}

double median(std::vector<double> list) {
  std::sort(list.begin(), list.end());
  return list[list.size() / 2];
}

}  // namespace orrery::sim::detection
