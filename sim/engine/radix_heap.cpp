#include "sim/engine/radix_heap.hpp"

#include <algorithm>

#include "sim/engine/prefetch.hpp"

namespace orrery::sim::engine {

std::uint64_t RadixHeap::start_of(int level, int digit) const {
  const int shift = level * digit_bits;
  const int above = shift + digit_bits;
  const std::uint64_t prefix = above < 64 ? base_ >> above << above : 0;
  return prefix | static_cast<std::uint64_t>(digit) << shift;
}

// Moves keys to the runway's end until it is long enough, or none is known that is before `limit`.
void RadixHeap::extend(std::uint64_t limit) {
  shortest_ = size_ < few ? 1 : sight;
  const std::uint32_t wanted = size_ < few ? extended_of_few : extended;
  while (end_ - next_ < wanted) {
    if (head_ == front_.size() && late_.size() == 0 && !refill(limit)) return;
    const Key* late = late_.least();
    if (late != nullptr && (head_ == front_.size() || order_(*late, front_[head_]))) {
      late_.pop(runway(end_++));
      continue;
    }
    for (; end_ - next_ < wanted && head_ < front_.size(); ++head_) {
      if (late != nullptr && order_(*late, front_[head_])) break;
      runway(end_++) = front_[head_];
    }
  }
}

// Puts a key where it belongs on the runway.
void RadixHeap::land(Key key) {
  if (end_ - next_ == runway_size) push_behind(runway(--end_));
  std::uint32_t place = end_++;
  for (; place != next_ && order_(key, runway(place - 1)); --place) runway(place) = runway(place - 1);
  runway(place) = key;
}

bool RadixHeap::refill(std::uint64_t limit) {
  // While there is a runway, pushes may still come before the next front: many, if that is far away, and they would all
  // go to the heap.
  if (next_ != end_) limit = std::min(limit, runway(end_ - 1).at + front_width_);
  // A front that is a constant part of all keys bounds both the levels that a key passes through and, at a few events,
  // the share of pushes that fall into the front's own range.
  const std::size_t most_sorted = std::clamp<std::size_t>(size_ / 256, 128, 1024);
  front_.clear();
  head_ = 0;
  for (int level = lowest(); level < levels; level = lowest()) {
    int digit = std::countr_zero(levels_[level].occupied);
    const std::uint64_t begin = start_of(level, digit);
    if (begin >= limit) return false;
    if (level > 0 && levels_[level].buckets[digit].size > most_sorted) {
      base_ = begin;
      spread(level, digit);
      front_begin_ = front_end_ = std::max(front_end_, base_);
      continue;
    }
    front_begin_ = begin;
    do {
      take(level, digit);
      base_ = start_of(level, digit);
      if (levels_[level].occupied == 0) break;
      digit = std::countr_zero(levels_[level].occupied);
    } while (front_.size() + levels_[level].buckets[digit].size <= least_front);
    front_end_ = base_ + (std::uint64_t{1} << (level * digit_bits));
    front_width_ = front_end_ - front_begin_;
    sort_front();
    return true;
  }
  return false;
}

int RadixHeap::lowest() const {
  int level = 0;
  while (level < levels && levels_[level].occupied == 0) ++level;
  return level;
}

void RadixHeap::take(int level, int digit) {
  levels_[level].occupied &= ~(std::uint64_t{1} << digit);
  chunks_.drain(levels_[level].buckets[digit], [&](Key key) {
    front_.push_back(key);
    fetch_ends(&events_[key.slot], sizeof(Event));  // while the front is being sorted, its events come in
  });
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
  late_.visit_and_drop([&](Key key) {
    if (key.at < base_) return false;
    put(key);
    return true;
  });
}

}  // namespace orrery::sim::engine
