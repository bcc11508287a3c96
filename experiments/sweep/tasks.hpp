// Who runs what: a counter that all ranks share, one step a task. A rank that is done takes the next one; nobody deals
// them out.
#pragma once

#include <cstdint>

#include <mpi.h>

#include "experiments/ranks.hpp"

namespace orrery::experiments::sweep {

// Concurrency: the counter lives in a window on rank 0 and moves by MPI_Fetch_and_op only, between restart() and
// restart(), which are collective; so every value is handed out once. Where the network needs rank 0 to take part,
// poke() lets it do so in the middle of a task.
class TaskCounter {
 public:
  explicit TaskCounter(const Ranks& ranks);  // collective, as its end
  ~TaskCounter();
  TaskCounter(const TaskCounter&) = delete;
  TaskCounter& operator=(const TaskCounter&) = delete;

  std::int64_t next();  // 0, 1, 2, ... over all ranks
  void stop();          // next() gives `stopped` or more to everybody from now on
  void restart();       // from 0; collective
  void poke() const;

  static constexpr std::int64_t stopped = std::int64_t{1} << 50;

 private:
  std::int64_t add(std::int64_t amount);
  MPI_Comm comm_;
  int rank_;
  MPI_Win window_ = MPI_WIN_NULL;
  std::int64_t* counter_ = nullptr;  // on rank 0
  std::int64_t alone_ = 0;           // without MPI
};

// The ranks that compute one run together: the communicator in groups of `size`, the last one smaller where it does not
// come out even. A group of one needs no MPI.
class Group {
 public:
  Group(const Ranks& all, int size);  // collective, as its end
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  const Ranks& ranks() const { return ranks_; }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
  Ranks ranks_;
};

}  // namespace orrery::experiments::sweep
