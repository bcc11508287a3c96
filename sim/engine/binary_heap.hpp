// The event set as a textbook binary heap of keys: the specification that RadixHeap is tested against, and the baseline
// of `orrery bench engine`. (std::push_heap is what std::priority_queue does; that one cannot drop cancelled keys.)
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/engine/key.hpp"

namespace orrery::sim::engine {

class BinaryHeap {
 public:
  explicit BinaryHeap(const EventSlab& events) : order_(events) {}

  std::size_t size() const { return keys_.size(); }
  void push(Key key) {
    keys_.push_back(key);
    std::push_heap(keys_.begin(), keys_.end(), later());
  }
  // Takes the least key if its time is before `limit` [ns]; false: none is.
  bool pop_before(std::uint64_t limit, Key& key) {
    if (keys_.empty() || keys_.front().at >= limit) return false;
    pop(key);
    return true;
  }
  // Takes the least key, which is there.
  void pop(Key& key) {
    std::pop_heap(keys_.begin(), keys_.end(), later());
    key = keys_.back();
    keys_.pop_back();
  }
  // A guess at the key that will come up `ahead` pops from now, worth prefetching for; a heap has none.
  const Key* upcoming(std::uint32_t) const { return nullptr; }
  const Key* least() const { return keys_.empty() ? nullptr : keys_.data(); }
  // Drops every key for which dead(slot).
  template <class Dead>
  void remove_if(Dead dead) {
    visit_and_drop([&](Key key) { return dead(key.slot); });
  }
  // Drops every key for which visit(key).
  template <class Visit>
  void visit_and_drop(Visit visit) {
    std::erase_if(keys_, visit);
    std::make_heap(keys_.begin(), keys_.end(), later());
  }

 private:
  struct Later {
    KeyOrder order;
    bool operator()(Key a, Key b) const { return order(b, a); }
  };
  Later later() const { return Later{order_}; }

  KeyOrder order_;
  std::vector<Key> keys_;
};

}  // namespace orrery::sim::engine
