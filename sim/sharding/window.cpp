#include "sim/sharding/window.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/contract.hpp"

namespace orrery::sim::sharding {
namespace {

// The blocks of [begin, end) with the smallest load above `floor`, and that load.
struct Smallest {
  std::vector<int> blocks;
  double load = 0;

  void find(std::span<const double> loads, int begin, int end, double floor) {
    blocks.clear();
    load = std::numeric_limits<double>::infinity();
    for (int b = begin; b < end; ++b) {
      if (loads[b] <= floor || loads[b] > load) continue;
      if (loads[b] < load) blocks.clear();
      load = loads[b];
      blocks.push_back(b);
    }
  }
};

// Keeps the runs [start, start + width) that hold the most of `blocks`; both lists ascend.
void keep_fullest(std::vector<int>& starts, const std::vector<int>& blocks, int width) {
  std::ptrdiff_t most = 0;
  std::size_t kept = 0;
  auto first = blocks.begin();
  auto last = blocks.begin();
  for (int start : starts) {
    while (first != blocks.end() && *first < start) ++first;
    while (last != blocks.end() && *last < start + width) ++last;
    const std::ptrdiff_t count = last - first;
    if (count < most) continue;
    if (count > most) kept = 0;
    most = count;
    starts[kept++] = start;
  }
  starts.resize(kept);
}

}  // namespace

// Of two runs of equal width, the one whose sorted loads come first is the one that holds more blocks of the smallest
// load; if both hold as many, more of the next load decides, and so on. So runs are weeded out load by load. Mostly the
// smallest load is one block, which leaves `width` runs around it, and each further load leaves a fraction of them.
int thinnest_start(std::span<const double> load, int width) {
  const int blocks = static_cast<int>(load.size());
  EXPECT(1 <= width && width <= blocks);
  std::vector<int> starts(blocks - width + 1);
  std::iota(starts.begin(), starts.end(), 0);
  Smallest smallest;
  for (double weeded = -std::numeric_limits<double>::infinity(); starts.size() > 1; weeded = smallest.load) {
    smallest.find(load, starts.front(), starts.back() + width, weeded);
    if (smallest.blocks.empty()) break;  // the runs left are alike
    keep_fullest(starts, smallest.blocks, width);
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
