// One link shared equally by the transfers in it (processor sharing), such as a node's weight downloads. Virtual time
// counts the bytes that a transfer present all along would have received: it runs at capacity / transfers, so a
// transfer of B bytes that starts at virtual time v ends at v + B, and an arrival moves no other's end. O(log n) an
// arrival, completion or cancellation. (The fluid reference of fair queueing: Parekh & Gallager, IEEE/ACM ToN 1(3),
// 1993.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::network {

class FairLink {
 public:
  explicit FairLink(BytesPerSecond capacity);  // > 0

  // Calls come in time order, and none later than next(): what ends then must be finished first.
  void start(Time now, std::uint64_t id, Bytes bytes);  // id not in the link; bytes >= 0
  void cancel(Time now, std::uint64_t id);              // id in the link
  // When the next transfer ends if nothing else happens, rounded up to the nanosecond; Time::never() if idle.
  Time next() const;
  // Takes out the transfers that end at next() and returns their ids in ascending order; now == next().
  std::vector<std::uint64_t> finish(Time now);

  std::size_t active() const { return tags_.size(); }
  Bytes left(Time now, std::uint64_t id) const;  // still to come; id in the link

 private:
  double virtual_at(Time now) const;
  double seconds_to_first() const;
  void advance(Time now);
  void leave_idle();

  double capacity_;     // [byte/s]
  double virtual_ = 0;  // virtual time [byte], lag_ before since_; 0 whenever the link falls idle, to stay precise
  Time since_;
  double lag_ =
      0;  // [s] how long before its whole nanosecond the last end really was, so that rounding does not add up
  std::set<std::pair<double, std::uint64_t>> ends_;  // (virtual end, id)
  std::map<std::uint64_t, double> tags_;             // id -> virtual end
};

}  // namespace orrery::sim::network
