// What the runs of a sweep cost the ranks, for the side log: a machine that is busy with something else is told from a
// slow program by what its ranks got of a core.
#pragma once

#include <string>
#include <vector>

#include "experiments/ranks.hpp"

namespace orrery::experiments::sweep {

struct Spent {
  double wall_s = 0;         // from the first task to the last, on the rank where that takes longest
  double cpu_s = 0;          // of all ranks together
  double longest_cpu_s = 0;  // of the rank that needs most: the wall time on cores of their own
  double journal_s = 0;      // of cpu_s and waiting: noting finished rows, all ranks together

  // Rounds come one after another.
  void add(const Spent& round);
  // "loop_s 1.25", ...
  std::vector<std::string> lines() const;
};

// One rank's time, from its construction on.
class Stopwatch {
 public:
  Stopwatch() : wall_(wall_now()), cpu_(cpu_now()) {}
  double wall_s() const { return wall_now() - wall_; }
  double cpu_s() const { return cpu_now() - cpu_; }

 private:
  static double wall_now();
  static double cpu_now();  // of this process
  double wall_, cpu_;
};

// Collective: what each rank spent on its own, as all of them together.
Spent over_ranks(const Spent& mine, const Ranks& ranks);

}  // namespace orrery::experiments::sweep
