// The only way that resources get into the simulator: a communicator, a thread count and a place to log. No code below
// experiments/ names the world communicator, reads the environment or looks at a wall clock.
#pragma once

#include <functional>
#include <string_view>

#include <mpi.h>

namespace orrery::sim {

struct Context {
  MPI_Comm comm = MPI_COMM_NULL;  // ranks of this run; MPI_COMM_NULL: one rank, no MPI
  int threads = 1;                // OpenMP threads per rank for kernels
  std::function<void(std::string_view line)> log = [](std::string_view) {};  // talk for people; never results

  int rank() const;
  int size() const;
};

}  // namespace orrery::sim
