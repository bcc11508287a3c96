#include "experiments/sweep/welch.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "experiments/student_t.hpp"

namespace orrery::experiments::sweep {
namespace {

struct Moments {
  double mean = 0;
  double error2 = 0;  // squared standard error of the mean
  double freedom = 0;
};

Moments moments(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  Moments m;
  m.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double x : values) squares += (x - m.mean) * (x - m.mean);
  m.freedom = n - 1;
  m.error2 = squares / m.freedom / n;
  return m;
}

}  // namespace

Welch welch(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty()) return {NAN, NAN};
  const Moments x = moments(a), y = moments(b);
  const double difference = y.mean - x.mean;
  const double error2 = x.error2 + y.error2;
  if (a.size() < 2 || b.size() < 2 || !(error2 > 0)) return {difference, NAN};
  const double freedom = error2 * error2 / (x.error2 * x.error2 / x.freedom + y.error2 * y.error2 / y.freedom);
  return {difference, 2 * student_t_cdf(-std::fabs(difference) / std::sqrt(error2), freedom)};
}

std::vector<bool> holm(const std::vector<double>& p, double significance) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!std::isnan(p[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<bool> significant(p.size(), false);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    if (p[order[rank]] > significance / static_cast<double>(order.size() - rank)) break;
    significant[order[rank]] = true;
  }
  return significant;
}

}  // namespace orrery::experiments::sweep
