// What the event set sorts: 16 bytes that decide (at, to) by themselves and point at the event for the rest of the
// order.
#pragma once

#include <cstdint>

#include "sim/engine/event_slab.hpp"

namespace orrery::sim::engine {

struct Key {
  std::uint32_t slot;
  std::uint32_t to;
  std::uint64_t at;  // [ns], never negative

  // (at, to) compares as one number; ties between events of one entity at one instant are left to KeyOrder.
  friend bool operator<(Key a, Key b) { return a.at != b.at ? a.at < b.at : a.to < b.to; }
  friend bool operator==(Key a, Key b) { return a.at == b.at && a.to == b.to; }
};
static_assert(sizeof(Key) == 16);

// The total order (at, to, from, sequence). Reads the events only on a tie of (at, to).
class KeyOrder {
 public:
  explicit KeyOrder(const EventSlab& events) : events_(&events) {}
  bool operator()(Key a, Key b) const {
    if (a.at != b.at) return a.at < b.at;
    if (a.to != b.to) return a.to < b.to;
    return tie(a.slot, b.slot);
  }
  bool tie(std::uint32_t a, std::uint32_t b) const {
    const Event& x = (*events_)[a];
    const Event& y = (*events_)[b];
    return x.from != y.from ? x.from < y.from : x.sequence < y.sequence;
  }

 private:
  const EventSlab* events_;
};

}  // namespace orrery::sim::engine
