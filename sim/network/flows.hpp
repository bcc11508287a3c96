// Bulk transfers that share up and down links max-min fairly, as long-lived TCP flows do to first order. The exact
// allocation is solved once per window rather than at every start and completion: at 10,000 flows that is two orders of
// magnitude cheaper, and the completion times stay within a mean of 1.5 % at 10 ms (tests/sim/network/flows.test.cpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::network {

// The links that a flow crosses, one to three (sender's up, receiver's down, a relay's or a shared backbone's).
struct Path {
  static constexpr std::uint32_t none = 0xffffffffu;
  std::array<std::uint32_t, 3> links{none, none, none};  // distinct, without a gap
  static Path over(std::uint32_t up, std::uint32_t down, std::uint32_t shared = none) { return {{up, down, shared}}; }
};

// The max-min fair rates: no flow's rate can grow without shrinking that of a flow that has no more. Unique.
// Progressive filling by bottleneck (Bertsekas & Gallager, Data Networks, 6.5.2): O(F log L). Holds its working arrays
// between calls.
class MaxMin {
 public:
  explicit MaxMin(std::vector<BytesPerSecond> capacities);  // by link; all > 0
  // rates[f] [byte/s] of each path; rates.size() == paths.size().
  void solve(std::span<const Path> paths, std::span<double> rates);
  std::size_t links() const { return capacity_.size(); }

 private:
  struct Level {
    double share;  // what each open flow of the link would get
    std::uint32_t link;
  };
  void count(std::span<const Path> paths);

  std::vector<double> capacity_;
  std::vector<double> left_;          // capacity not yet given away
  std::vector<std::uint32_t> open_;   // flows of the link that have no rate yet
  std::vector<std::uint32_t> begin_;  // the flows of link l are members_[begin_[l] .. begin_[l + 1])
  std::vector<std::uint32_t> members_;
  std::vector<Level> heap_;
};

struct Completion {
  Time time;
  std::uint64_t id = 0;
};

class Flows {
 public:
  // Rates are solved at multiples of `window` (> 0) at which the set of flows has changed. In between, a completed
  // flow's share stays idle and a new flow takes what its links have left.
  Flows(std::vector<BytesPerSecond> capacities, Duration window);

  void start(Time now, std::uint64_t id, const Path& path, Bytes bytes);  // now >= the time advanced to; bytes >= 0
  // Moves to `to` and appends what completed on the way to `done`, ordered by (time, id).
  void advance(Time to, std::vector<Completion>& done);
  // The earliest time at which advance can have something new: a completion or a boundary; never() without flows.
  Time next() const;
  std::size_t active() const { return ids_.size(); }

 private:
  void step(Time to, std::vector<Completion>& done);
  void resolve();

  MaxMin solver_;
  Duration window_;
  Time now_;
  bool changed_ = false;
  std::vector<double> idle_;  // by link: capacity that no flow has [byte/s]
  // One entry per flow; a completed flow's place is taken by the last.
  std::vector<std::uint64_t> ids_;
  std::vector<Path> paths_;
  std::vector<double> left_;   // [byte]
  std::vector<double> rates_;  // [byte/s]
};

}  // namespace orrery::sim::network
