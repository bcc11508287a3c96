#include "sim/execution/live/wall.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "kernels/contract.hpp"

namespace orrery::sim::execution::live {
namespace {

std::int64_t ns_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

double seconds_now() { return 1e-9 * static_cast<double>(ns_now()); }

double core_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void nap() { std::this_thread::sleep_for(std::chrono::microseconds(50)); }

Wall::Wall(const Context& context) {
#ifdef __linux__
  // The kernel may wake a sleeper 50 us late to save power; that is as long as a nap.
  ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
#endif
  constexpr std::int64_t moment_ns = 20'000'000;
  zero_ns_ = ns_now() + moment_ns;
  if (context.comm == MPI_COMM_NULL) return;
  MPI_Comm machine = MPI_COMM_NULL;
  int here = 0;
  MPI_Comm_split_type(context.comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Comm_size(machine, &here);
  MPI_Comm_free(&machine);
  int least = here;
  MPI_Allreduce(&here, &least, 1, MPI_INT, MPI_MIN, context.comm);
  VALIDATE(least == context.size(), "execution.mode", "\"live\" needs all ranks on one machine",
           "the clocks of several machines differ by more than what is measured", "Start all ranks on one machine.");
  MPI_Allreduce(MPI_IN_PLACE, &zero_ns_, 1, MPI_INT64_T, MPI_MAX, context.comm);
}

Time Wall::now() const { return Time::from_ns(std::max<std::int64_t>(0, ns_now() - zero_ns_)); }

}  // namespace orrery::sim::execution::live
