#include "experiments/bench_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery::experiments {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const std::vector<BenchRow> rows = {
    {"fast", "peer", 250, 1.5, 1.2, "x"}, {"slow", "peer", 10, 1.1, 1.2, "x"}, {"free", "peer", 10, 0.1, 0, "x"}};

TEST(BenchTable, OneMissedRowIsEnough) {
  EXPECT_FALSE(print_bench_rows(rows));
  EXPECT_TRUE(print_bench_rows({rows[0], rows[2]})) << "nothing is asked of the other";
}

TEST(BenchTable, ResultsSayWhatMustBeAndWhetherItIs) {
  const auto results = bench_results("layer", rows);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].name, "layer/fast");
  EXPECT_DOUBLE_EQ(results[0].cpu_s, 250e-6);
  EXPECT_THAT(results[0].counters, ElementsAre(Pair("ratio", 1.5), Pair("must", 1.2), Pair("met", 1)));
  EXPECT_THAT(results[1].counters, ElementsAre(Pair("ratio", 1.1), Pair("must", 1.2), Pair("met", 0)));
  EXPECT_THAT(results[2].counters, ElementsAre(Pair("ratio", 0.1)));
}

}  // namespace
}  // namespace orrery::experiments
