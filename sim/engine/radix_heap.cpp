#include "sim/engine/radix_heap.hpp"

#include <algorithm>

namespace orrery::sim::engine {

std::uint64_t RadixHeap::start_of(int level, int digit) const {
  const int shift = level * digit_bits;
  const int above = shift + digit_bits;
  const std::uint64_t prefix = above < 64 ? base_ >> above << above : 0;
  return prefix | static_cast<std::uint64_t>(digit) << shift;
}

bool RadixHeap::refill(std::uint64_t limit) {
  front_.clear();
  head_ = 0;
  int level = 0;
  while (level < levels && levels_[level].occupied == 0) ++level;
  for (; level < levels;) {
    int digit = std::countr_zero(levels_[level].occupied);
    const std::uint64_t begin = start_of(level, digit);
    if (begin >= limit) return false;
    if (level > 0 && levels_[level].buckets[digit].size > most_sorted) {
      base_ = begin;
      spread(level, digit);
      for (level = 0; levels_[level].occupied == 0;) ++level;
      continue;
    }
    front_begin_ = begin;
    do {
      take(level, digit);
      base_ = start_of(level, digit);
      const std::uint64_t left = levels_[level].occupied;
      if (left == 0) break;
      digit = std::countr_zero(left);
    } while (front_.size() + levels_[level].buckets[digit].size <= least_front);
    front_end_ = base_ + (std::uint64_t{1} << (level * digit_bits));
    sort_front();
    return true;
  }
  return false;
}

void RadixHeap::take(int level, int digit) {
  levels_[level].occupied &= ~(std::uint64_t{1} << digit);
  chunks_.drain(levels_[level].buckets[digit], [&](Key key) { front_.push_back(key); });
}

void RadixHeap::spread(int level, int digit) {
  levels_[level].occupied &= ~(std::uint64_t{1} << digit);
  chunks_.drain(levels_[level].buckets[digit], [&](Key key) { put(key); });
}

void RadixHeap::sort_front() {
  std::sort(front_.begin(), front_.end());
  // Ties of (at, to) are rare enough to be mended afterwards, so that the sort itself never leaves the keys.
  for (auto first = front_.begin(); first != front_.end();) {
    auto last = first + 1;
    while (last != front_.end() && *last == *first) ++last;
    if (last - first > 1) sort_ties(std::span(first, last));
    first = last;
  }
}

void RadixHeap::sort_ties(std::span<Key> keys) {
  // Each event is read once, not once per comparison: at a hub there may be many.
  ties_.clear();
  for (Key key : keys) {
    const Event& event = events_[key.slot];
    ties_.push_back({static_cast<std::uint64_t>(event.from.index()) << 32 | event.sequence, key.slot});
  }
  std::sort(ties_.begin(), ties_.end(), [](Tie a, Tie b) { return a.rank < b.rank; });
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i].slot = ties_[i].slot;
}

void RadixHeap::spill() {
  base_ = front_begin_;
  front_end_ = front_begin_;
  for (; head_ < front_.size(); ++head_) put(front_[head_]);
  late_.drain([&](Key key) { put(key); });
}

}  // namespace orrery::sim::engine
