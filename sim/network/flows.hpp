// Bulk transfers that share links max-min fairly, as long-lived TCP flows do to first order. The exact allocation is
// solved once per window rather than at every start and completion: at 10,000 flows that is two orders of magnitude
// cheaper. Against exact solving, 1,000 random flows that start together end within a mean of 0.7 % (10 ms windows) or
// 0.1 % (1 ms); where flows of 100 ms start at random instants, on average a third of a window late: 3 % or 0.3 % of
// their duration (tests/sim/network/flows.test.cpp). So windows are best short where few flows change it all, and where
// many are active, whose rates a few starts and ends hardly move, rates are left as they are for some windows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/network/max_min.hpp"
#include "sim/units.hpp"

namespace orrery::sim::network {

class Flows {
 public:
  struct Completion {
    Time time;
    std::uint64_t id = 0;
    friend auto operator<=>(Completion, Completion) = default;
  };

  // Rates are solved at multiples of `window` (> 0): at the first after a change of the set of flows or, if fewer have
  // started and ended since than the share `tolerated` of those active, at a later one, `patience` windows after the
  // first change at the latest. Until then, what a completed flow had stays idle, and a new flow takes no more than its
  // links have idle.
  Flows(const std::vector<BytesPerSecond>& capacities, Duration window, double tolerated = 0, int patience = 10);

  // Windows that are short where few flows are active and solve seldom where many are: an error of half a per cent in
  // the mean, 10 us a completion at 10,000 flows (`./orrery validate sharing`).
  static Flows windowed(const std::vector<BytesPerSecond>& capacities) {
    return {capacities, Duration::from_ms(1), 0.02, 10};
  }

  Time now() const { return now_; }
  std::size_t active() const { return active_; }
  // A flow that starts now. `id` is the caller's and should be unique among the active; bytes >= 0.
  void start(std::uint64_t id, const Path& path, Bytes bytes);
  // An active flow ends here, unfinished; what it had stays idle like that of a completed one.
  void cancel(std::uint64_t id);
  // Moves to `to` (>= now()) and appends what completed on the way to `done`, ordered by (time, id).
  void advance(Time to, std::vector<Completion>& done);
  // No flow completes before this, and after advance(next()) either one has or it was looked at whether rates have to
  // be solved anew; Time::never() without flows. At most the next boundary while a change waits for it.
  Time next();

 private:
  struct Flow {
    std::uint64_t id;
    double left;  // [byte], at `since`
    Time since;
    bool done;
  };
  struct Due : Completion {
    std::uint32_t flow = 0;
  };
  Time boundary_from(Time t) const;  // the first multiple of the window >= t
  Time end_of(std::size_t flow) const;
  void settle();
  void drop_done();
  void solve();
  void list_due();
  void note_change();
  void leave(std::size_t flow);

  MaxMin solver_;
  Duration window_;
  double tolerated_;
  int patience_;
  Time now_;
  Time check_ = Time::never();  // the boundary at which changes are looked at; never: there are none
  Time overdue_;                // the boundary that they wait for at most
  std::size_t changes_ = 0;     // starts and ends since rates were solved
  std::size_t active_ = 0;
  std::vector<double> idle_;  // by link: capacity that no flow has [byte/s]
  // Parallel arrays, one entry per flow; completed ones are dropped at the next boundary.
  std::vector<Flow> flows_;
  std::vector<Path> paths_;
  std::vector<double> rates_;  // [byte/s]
  std::vector<Due> due_;       // flows that end before rates are solved again, and perhaps some more; latest first
};

}  // namespace orrery::sim::network
