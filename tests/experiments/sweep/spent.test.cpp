#include "experiments/sweep/spent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/mpi_main.hpp"

namespace orrery::experiments::sweep {
namespace {

using ::testing::ElementsAre;

TEST(Spent, WorksOfRanksAddUpAndTheLongestCounts) {
  const Ranks ranks(orrery::tests::communicator());
  const double n = ranks.size(), me = ranks.rank();
  const Spent all = over_ranks({1 + me, 2, 3 + me, 0.5}, ranks);
  EXPECT_EQ(all.wall_s, n);
  EXPECT_EQ(all.cpu_s, 2 * n);
  EXPECT_EQ(all.longest_cpu_s, 2 + n);
  EXPECT_EQ(all.journal_s, 0.5 * n);
}

TEST(Spent, RoundsAddUp) {
  Spent sum;
  for (int i = 0; i < 2; ++i) sum.add({1, 2, 1.5, 0.25});
  EXPECT_THAT(sum.lines(),
              ElementsAre("loop_s 2.000000", "cpu_s 4.000000", "longest_cpu_s 3.000000", "journal_s 0.500000"));
}

TEST(Spent, AStopwatchSeesTimePass) {
  const Stopwatch watch;
  volatile double x = 0;
  while (watch.cpu_s() < 0.002) x = x + 1;
  EXPECT_GE(watch.wall_s(), 0.9 * watch.cpu_s());
}

}  // namespace
}  // namespace orrery::experiments::sweep
