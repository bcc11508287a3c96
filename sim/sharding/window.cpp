#include "sim/sharding/window.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "kernels/contract.hpp"

namespace orrery::sim::sharding {

// Of two runs of equal width, the one whose sorted loads come first is the one that holds more blocks of the smallest
// load; if both hold as many, more of the next load decides, and so on. So runs are weeded out load by load, smallest
// first.
int thinnest_start(std::span<const double> load, int width) {
  const int blocks = static_cast<int>(load.size());
  EXPECT(1 <= width && width <= blocks);
  std::vector<int> starts(blocks - width + 1);
  std::iota(starts.begin(), starts.end(), 0);
  std::vector<int> order(blocks);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return std::tie(load[a], a) < std::tie(load[b], b); });

  std::vector<std::ptrdiff_t> counts;
  for (auto first = order.begin(); first != order.end() && starts.size() > 1;) {
    const auto last = std::find_if(first, order.end(), [&](int b) { return load[b] != load[*first]; });
    counts.clear();
    for (int start : starts) {
      counts.push_back(std::lower_bound(first, last, start + width) - std::lower_bound(first, last, start));
    }
    const auto most = *std::max_element(counts.begin(), counts.end());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < starts.size(); ++i) {
      if (counts[i] == most) starts[kept++] = starts[i];
    }
    starts.resize(kept);
    first = last;
  }
  return starts.front();
}

BlockSpan next_gap(std::span<const double> load, int from) {
  const int blocks = static_cast<int>(load.size());
  int begin = from;
  while (begin < blocks && load[begin] != 0) ++begin;
  int end = begin;
  while (end < blocks && load[end] == 0) ++end;
  return {begin, end};
}

void add_load(std::vector<double>& load, BlockSpan span, double amount) {
  for (int b = span.begin; b < span.end; ++b) load[b] += amount;
}

}  // namespace orrery::sim::sharding
