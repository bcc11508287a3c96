#include "sim/game/inequality.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/contract.hpp"

namespace orrery::sim::game {

double gini(std::vector<double> amounts) {
  std::sort(amounts.begin(), amounts.end());
  EXPECT(amounts.empty() || amounts.front() >= 0);
  const auto n = static_cast<double>(amounts.size());
  double sum = 0, weighted = 0;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    sum += amounts[i];
    weighted += static_cast<double>(i + 1) * amounts[i];
  }
  return sum > 0 ? 2 * weighted / (n * sum) - (n + 1) / n : 0;
}

int nakamoto(std::vector<double> amounts, double share) {
  std::sort(amounts.rbegin(), amounts.rend());
  const double total = std::accumulate(amounts.begin(), amounts.end(), 0.0);
  double held = 0;
  for (std::size_t i = 0; i < amounts.size() && total > 0; ++i) {
    held += amounts[i];
    if (held > share * total) return static_cast<int>(i) + 1;
  }
  return 0;
}

}  // namespace orrery::sim::game
