#include "experiments/sweep/spent.hpp"

#include <ctime>

#include <fmt/format.h>

namespace orrery::experiments::sweep {
namespace {

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

double Stopwatch::wall_now() { return seconds(CLOCK_MONOTONIC); }
double Stopwatch::cpu_now() { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

void Spent::add(const Spent& round) {
  wall_s += round.wall_s;
  cpu_s += round.cpu_s;
  longest_cpu_s += round.longest_cpu_s;
  journal_s += round.journal_s;
}

std::vector<std::string> Spent::lines() const {
  return {fmt::format("loop_s {:.6f}", wall_s), fmt::format("cpu_s {:.6f}", cpu_s),
          fmt::format("longest_cpu_s {:.6f}", longest_cpu_s), fmt::format("journal_s {:.6f}", journal_s)};
}

Spent over_ranks(const Spent& mine, const Ranks& ranks) {
  if (ranks.comm() == MPI_COMM_NULL) return mine;
  const double longest[] = {mine.wall_s, mine.longest_cpu_s}, sums[] = {mine.cpu_s, mine.journal_s};
  double most[2] = {}, together[2] = {};
  MPI_Allreduce(longest, most, 2, MPI_DOUBLE, MPI_MAX, ranks.comm());
  MPI_Allreduce(sums, together, 2, MPI_DOUBLE, MPI_SUM, ranks.comm());
  return {most[0], together[0], most[1], together[1]};
}

}  // namespace orrery::experiments::sweep
