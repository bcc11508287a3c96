#include "experiments/sweep/tasks.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/mpi_main.hpp"

namespace orrery::experiments::sweep {
namespace {

const Ranks& ranks() {
  static const Ranks all(orrery::tests::communicator());
  return all;
}

TEST(TaskCounter, EveryTaskIsHandedOutOnceInEveryRound) {
  TaskCounter counter(ranks());
  constexpr int tasks = 500;
  for (int round = 0; round < 3; ++round) {
    if (round > 0) counter.restart();
    std::vector<int> mine(tasks, 0), all(tasks, 0);
    for (auto task = counter.next(); task < tasks; task = counter.next()) mine[static_cast<std::size_t>(task)] += 1;
    MPI_Allreduce(mine.data(), all.data(), tasks, MPI_INT, MPI_SUM, ranks().comm());
    EXPECT_EQ(all, std::vector<int>(tasks, 1));
  }
}

TEST(TaskCounter, StoppingEndsItForAll) {
  TaskCounter counter(ranks());
  if (ranks().rank() == ranks().size() - 1) counter.stop();
  MPI_Barrier(ranks().comm());
  EXPECT_GE(counter.next(), TaskCounter::stopped);
}

TEST(TaskCounter, WithoutMpiItCounts) {
  TaskCounter counter{Ranks(MPI_COMM_NULL)};
  EXPECT_EQ(counter.next(), 0);
  EXPECT_EQ(counter.next(), 1);
  counter.restart();
  EXPECT_EQ(counter.next(), 0);
}

TEST(Group, RanksStandTogetherInOrder) {
  const Group pairs(ranks(), 2);
  const int last = ranks().size() - 1;
  const bool alone = ranks().size() % 2 == 1 && ranks().rank() == last;
  EXPECT_EQ(pairs.ranks().size(), alone ? 1 : 2);
  EXPECT_EQ(pairs.ranks().rank(), ranks().rank() % 2);
  const Group ones(ranks(), 1);
  EXPECT_EQ(ones.ranks().comm(), MPI_COMM_NULL) << "a rank alone needs no MPI";
}

}  // namespace
}  // namespace orrery::experiments::sweep
