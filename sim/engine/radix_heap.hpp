// The event set: a monotone radix heap (Ahuja, Mehlhorn, Orlin, Tarjan, J. ACM 37(2), 1990) with a sorted front.
//
// Keys ahead of the front lie unsorted in buckets. A bucket is (level, digit): the highest base-2^digit_bits digit in
// which the key's time differs from `base_`, and that digit's value. All times of a bucket are contiguous, and buckets
// in order of (level, digit) are in order of time. When the front runs out, the first buckets become the front if they
// are small (sorted by (at, to, from, sequence)); a large one is spread over the levels below. Every move is
// sequential, where a binary heap takes a cache miss per level. A key pushed into the front's range goes to a small
// binary heap beside it.
//
// Front and heap are merged, a few keys ahead, into the runway: the keys that come up next, in order. So it is known
// which events come soon, whenever they were pushed, and their lines can be fetched ahead. A key that is pushed into
// the runway's range is put where it belongs.
//
// Invariants. The runway's keys come before all others. The others below front_end_ are in front_ or late_; the rest,
// >= front_end_ >= base_, lie in buckets relative to base_. The front may begin before the runway is empty, and so
// after later pushes: these go to late_, which holds any key below front_end_.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/engine/binary_heap.hpp"
#include "sim/engine/key.hpp"
#include "sim/engine/key_chunks.hpp"

namespace orrery::sim::engine {

class RadixHeap {
 public:
  explicit RadixHeap(const EventSlab& events) : events_(events), order_(events), late_(events) {}

  std::size_t size() const { return size_; }
  // key.at must not be before the limit of any pop_before() that returned false, nor before a popped key.
  void push(Key key) {
    ++size_;
    if (next_ != end_ && order_(key, runway(end_ - 1))) {
      land(key);
    } else {
      push_behind(key);
    }
  }
  // Takes the least key if its time is before `limit` [ns]; false: none is.
  bool pop_before(std::uint64_t limit, Key& key) {
    if (end_ - next_ < shortest_) extend(limit);
    if (next_ == end_ || runway(next_).at >= limit) return false;
    key = runway(next_++);
    --size_;
    return true;
  }
  // How far upcoming() sees at most.
  static constexpr std::uint32_t sight = 20;
  // The key that comes up `ahead` pops from now if nothing is pushed before it; null: not known yet.
  const Key* upcoming(std::uint32_t ahead) const { return ahead < end_ - next_ ? &runway(next_ + ahead) : nullptr; }
  // Drops every key for which dead(slot).
  template <class Dead>
  void remove_if(Dead dead);

 private:
  static constexpr int digit_bits = 6;
  static constexpr int digits = 1 << digit_bits;
  static constexpr int levels = (64 + digit_bits - 1) / digit_bits;
  static constexpr std::size_t least_front = 64;  // neighbouring buckets join the front up to here
  static constexpr std::size_t most_late = 1024;  // then the front was cut too wide: start it again

  struct Tie {
    std::uint64_t rank;  // sender, then sequence
    std::uint32_t slot;
  };
  struct Level {
    std::uint64_t occupied = 0;  // bit d: bucket d holds keys
    std::array<KeyBucket, digits> buckets;
  };

  static constexpr std::uint32_t runway_size = 32;  // a power of two
  static constexpr std::uint32_t extended = 28;     // some room is left for keys that land
  // So few events are all in the cache, and of their keys many would land: a short runway is cheaper.
  static constexpr std::size_t few = 4096;
  static constexpr std::uint32_t extended_of_few = 3;
  Key& runway(std::uint32_t i) { return runway_[i % runway_size]; }
  const Key& runway(std::uint32_t i) const { return runway_[i % runway_size]; }

  void push_behind(Key key) {
    if (key.at < front_end_) {
      late_.push(key);
      if (late_.size() > most_late && front_end_ - front_begin_ > 1) spill();
    } else {
      put(key);
    }
  }
  void extend(std::uint64_t limit);
  void land(Key key);
  void put(Key key) {
    const int level = (std::bit_width((key.at ^ base_) | 1) - 1) / digit_bits;
    const int digit = static_cast<int>(key.at >> (level * digit_bits)) & (digits - 1);
    levels_[level].occupied |= std::uint64_t{1} << digit;
    chunks_.push(levels_[level].buckets[digit], key);
  }
  // The first time that bucket (level, digit) can hold, as seen from base_.
  std::uint64_t start_of(int level, int digit) const;
  int lowest() const;  // occupied level; `levels`: every bucket is empty
  bool refill(std::uint64_t limit);
  void take(int level, int digit);
  void spread(int level, int digit);
  void sort_front();
  void sort_ties(std::span<Key> keys);  // of equal (at, to)
  void spill();

  const EventSlab& events_;
  KeyOrder order_;
  std::vector<Key> front_;  // sorted; [head_, end) is still to come
  std::size_t head_ = 0;
  std::vector<Tie> ties_;  // scratch
  std::uint64_t front_begin_ = 0;
  std::uint64_t front_end_ = 0;
  std::uint64_t front_width_ = 0;  // of the last front that was not empty
  std::array<Key, runway_size> runway_;
  std::uint32_t shortest_ = 1;  // the runway is extended when it is shorter
  std::uint32_t next_ = 0;      // the runway is [next_, end_), modulo its size
  std::uint32_t end_ = 0;
  BinaryHeap late_;
  std::uint64_t base_ = 0;
  std::size_t size_ = 0;
  KeyChunks chunks_;
  std::array<Level, levels> levels_;
};

template <class Dead>
void RadixHeap::remove_if(Dead dead) {
  std::uint32_t kept = next_;
  for (std::uint32_t i = next_; i != end_; ++i) {
    const Key key = runway(i);
    if (!dead(key.slot)) runway(kept++) = key;
  }
  size_ -= end_ - kept;
  end_ = kept;
  const std::size_t before = front_.size() - head_ + late_.size();
  front_.erase(front_.begin(), front_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
  std::erase_if(front_, [&](Key key) { return dead(key.slot); });
  late_.remove_if(dead);
  size_ -= before - (front_.size() + late_.size());
  for (Level& level : levels_) {
    for (int digit = 0; digit < digits; ++digit) {
      KeyBucket& bucket = level.buckets[digit];
      if (bucket.size == 0) continue;
      size_ -= chunks_.remove_if(bucket, dead);
      if (bucket.size == 0) level.occupied &= ~(std::uint64_t{1} << digit);
    }
  }
}

}  // namespace orrery::sim::engine
