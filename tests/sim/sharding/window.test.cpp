#include "sim/sharding/window.hpp"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "kernels/contract.hpp"
#include "sim/random.hpp"

namespace orrery::sim::sharding {
namespace {

// The definition, word for word: sort every run, take the first.
int naive_start(const std::vector<double>& load, int width) {
  std::vector<std::pair<std::vector<double>, int>> options;
  for (int start = 0; start + width <= static_cast<int>(load.size()); ++start) {
    std::vector<double> run(load.begin() + start, load.begin() + start + width);
    std::sort(run.begin(), run.end());
    options.emplace_back(run, start);
  }
  return std::min_element(options.begin(), options.end())->second;
}

TEST(ThinnestStart, SmallestLoadDecidesBeforeTheSum) {
  EXPECT_EQ(thinnest_start(std::vector<double>{1, 9, 4, 4}, 2), 0);     // (1, 9) before (4, 4), although 10 > 8
  EXPECT_EQ(thinnest_start(std::vector<double>{9, 1, 4, 4}, 2), 1);     // (1, 4) before (1, 9)
  EXPECT_EQ(thinnest_start(std::vector<double>{5, 5, 5, 5}, 2), 0);     // ties: the lowest start
  EXPECT_EQ(thinnest_start(std::vector<double>{0, 7, 0, 0, 7}, 3), 0);  // (0, 0, 7) thrice
  EXPECT_EQ(thinnest_start(std::vector<double>{3, -1, 3}, 1), 1);       // a lifted server may leave a negative sum
  EXPECT_EQ(thinnest_start(std::vector<double>{2}, 1), 0);
}

TEST(ThinnestStart, EqualsItsDefinition) {
  Draw draw(1, Stream::test, 40);
  for (int i = 0; i < 20'000; ++i) {
    const int blocks = 1 + static_cast<int>(draw.below(30));
    const int width = 1 + static_cast<int>(draw.below(blocks));
    const auto values = 1 + draw.below(6);  // few values: many ties
    std::vector<double> load;
    for (int b = 0; b < blocks; ++b) load.push_back(0.1 * static_cast<double>(draw.below(values)));
    ASSERT_EQ(thinnest_start(load, width), naive_start(load, width)) << "case " << i;
  }
}

TEST(ThinnestStart, RefusesRunsThatDoNotFit) {
  EXPECT_THROW(thinnest_start(std::vector<double>{1, 2}, 3), ContractError);
  EXPECT_THROW(thinnest_start(std::vector<double>{1, 2}, 0), ContractError);
}

TEST(NextGap, FindsRunsOfZeros) {
  const std::vector<double> load = {0, 1, 0, 0, 2, 0};
  EXPECT_EQ(next_gap(load, 0), (BlockSpan{0, 1}));
  EXPECT_EQ(next_gap(load, 1), (BlockSpan{2, 4}));
  EXPECT_EQ(next_gap(load, 4), (BlockSpan{5, 6}));
  EXPECT_TRUE(next_gap(load, 6).empty());
}

TEST(AddLoad, TouchesOnlyTheSpan) {
  std::vector<double> load(4, 1.0);
  add_load(load, {1, 3}, 0.5);
  EXPECT_EQ(load, (std::vector<double>{1, 1.5, 1.5, 1}));
  add_load(load, {2, 2}, 9);
  EXPECT_EQ(load, (std::vector<double>{1, 1.5, 1.5, 1}));
}

}  // namespace
}  // namespace orrery::sim::sharding
