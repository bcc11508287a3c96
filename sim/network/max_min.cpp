#include "sim/network/max_min.hpp"

#include <algorithm>

namespace orrery::sim::network {
namespace {

constexpr double no_rate = -1;

// Equal shares go by link number, so that rounding falls alike in every run.
template <class Level>
bool later(const Level& a, const Level& b) {
  return a.share != b.share ? a.share > b.share : a.link > b.link;
}

}  // namespace

MaxMin::MaxMin(const std::vector<BytesPerSecond>& capacities) {
  for (const BytesPerSecond c : capacities) {
    EXPECT(c.value() > 0);
    capacity_.push_back(c.value());
  }
}

void MaxMin::list_members(std::span<const Path> paths) {
  open_.assign(links(), 0);
  for (const Path& path : paths) {
    EXPECT(path.links[0] != Path::none);
    for (const std::uint32_t link : path.links) {
      if (link == Path::none) break;
      EXPECT(link < links());
      ++open_[link];
    }
  }
  begin_.assign(links() + 1, 0);
  for (std::size_t l = 0; l < links(); ++l) begin_[l + 1] = begin_[l] + open_[l];
  members_.resize(begin_.back());
  std::vector<std::uint32_t>& next = begin_;  // moves each begin to its end while filling; shifted back below
  for (std::uint32_t f = 0; f < paths.size(); ++f) {
    for (const std::uint32_t link : paths[f].links) {
      if (link == Path::none) break;
      members_[next[link]++] = f;
    }
  }
  std::move_backward(begin_.begin(), begin_.end() - 1, begin_.end());
  begin_[0] = 0;
}

void MaxMin::push(std::uint32_t link) {
  heap_.push_back({left_[link] / open_[link], link});
  std::push_heap(heap_.begin(), heap_.end(), later<Level>);
}

void MaxMin::solve(std::span<const Path> paths, std::span<double> rates) {
  EXPECT(paths.size() == rates.size());
  list_members(paths);
  left_ = capacity_;
  std::fill(rates.begin(), rates.end(), no_rate);
  heap_.clear();
  for (std::uint32_t l = 0; l < links(); ++l) {
    if (open_[l] > 0) push(l);
  }
  while (!heap_.empty()) {
    const Level least = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), later<Level>);
    heap_.pop_back();
    const std::uint32_t bottleneck = least.link;
    if (open_[bottleneck] == 0) continue;
    // A link's share only grows as its flows are frozen at lower rates elsewhere: an entry is a lower bound.
    const double share = left_[bottleneck] / open_[bottleneck];
    if (share > least.share) {
      push(bottleneck);
      continue;
    }
    for (std::uint32_t m = begin_[bottleneck]; m < begin_[bottleneck + 1]; ++m) {
      const std::uint32_t f = members_[m];
      if (rates[f] != no_rate) continue;
      rates[f] = share;
      for (const std::uint32_t link : paths[f].links) {
        if (link == Path::none) break;
        left_[link] = std::max(0.0, left_[link] - share);
        --open_[link];
      }
    }
  }
}

}  // namespace orrery::sim::network
