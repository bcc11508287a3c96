#include "experiments/sweep/stopping.hpp"

#include <algorithm>
#include <cmath>

#include "experiments/student_t.hpp"

namespace orrery::experiments::sweep {

std::size_t replicas_needed(const std::vector<double>& values, const SweepParams& params) {
  double sum = 0, count = 0, squares = 0;
  for (const double x : values) {
    if (!std::isnan(x)) sum += x, count += 1;
  }
  const double mean = sum / count;
  for (const double x : values) {
    if (!std::isnan(x)) squares += (x - mean) * (x - mean);
  }
  const std::size_t have = values.size();
  const std::size_t most = std::min(2 * have, static_cast<std::size_t>(params.max_replicas));
  if (count < 2) return std::max(have, most);
  const double half_width = student_t_two_sided(0.95, count - 1) * std::sqrt(squares / (count - 1) / count);
  const double wanted = params.stop_half_width * std::fabs(mean);
  if (half_width <= wanted) return have;
  const double ratio = wanted > 0 ? half_width / wanted : 2;
  const double needed = std::ceil(std::min(static_cast<double>(have) * ratio * ratio, 1e9));
  return std::max(have, std::min(most, std::max(have + 1, static_cast<std::size_t>(needed))));
}

}  // namespace orrery::experiments::sweep
