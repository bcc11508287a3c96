#include "sim/sharding/slice.hpp"

#include <algorithm>
#include <limits>

#include "kernels/contract.hpp"

namespace orrery::sim::sharding {

Slices slice(int n, int nodes, const std::function<double(int node, int l, int r)>& cost) {
  EXPECT(n >= 1 && nodes >= 0);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto width = static_cast<std::size_t>(n) + 1;
  std::vector<double> best(width, infinity);
  best[0] = 0;
  std::vector<std::vector<int>> begin(static_cast<std::size_t>(nodes), std::vector<int>(width));
  for (int k = 0; k < nodes; ++k) {
    std::vector<double> next = best;
    std::vector<int>& from = begin[static_cast<std::size_t>(k)];
    for (int r = 0; r <= n; ++r) from[static_cast<std::size_t>(r)] = r;  // empty
    for (int l = 0; l < n; ++l) {
      const double before = best[static_cast<std::size_t>(l)];
      if (before == infinity) continue;
      for (int r = l + 1; r <= n; ++r) {
        const auto at = static_cast<std::size_t>(r);
        if (before >= next[at]) continue;
        const double c = cost(k, l, r);
        if (c == infinity) break;  // memory: longer segments do not fit either
        if (std::max(before, c) >= next[at]) continue;
        next[at] = std::max(before, c);
        from[at] = l;
      }
    }
    best = std::move(next);
  }
  Slices slices{std::vector<int>(static_cast<std::size_t>(nodes), 0), best[static_cast<std::size_t>(n)]};
  if (slices.bottleneck == infinity) return slices;
  int end = n;
  for (int k = nodes - 1; k >= 0; --k) {
    slices.ends[static_cast<std::size_t>(k)] = end;
    end = begin[static_cast<std::size_t>(k)][static_cast<std::size_t>(end)];
  }
  return slices;
}

}  // namespace orrery::sim::sharding
