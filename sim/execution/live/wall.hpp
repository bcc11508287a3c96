// The wall clock of a live run: the same zero on every rank, which all have to be on one machine.
#pragma once

#include "sim/context.hpp"
#include "sim/units.hpp"

namespace orrery::sim::execution::live {

class Wall {
 public:
  // Collective: time zero lies a moment ahead, for all ranks alike. InputError where ranks are on several machines:
  // their clocks would differ by more than what is measured.
  explicit Wall(const Context& context);

  // Time since zero; does not go back. Before zero: zero.
  Time now() const;

 private:
  std::int64_t zero_ns_ = 0;
};

// A stopwatch for kernels.
double seconds_now();
// Of the calling thread, on a core. What the stopwatch shows beyond it while kernels run, others had the core.
double core_seconds();

// How a live rank waits for what may come at any moment: it gives the core away for this long, since other ranks need
// it.
void nap();

}  // namespace orrery::sim::execution::live
