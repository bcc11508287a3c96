#include "sim/game/inequality.hpp"

#include <gtest/gtest.h>

namespace orrery::sim::game {
namespace {

TEST(Inequality, OfKnownLists) {
  std::vector<double> one_to_ten;
  for (int i = 1; i <= 10; ++i) one_to_ten.push_back(i);
  EXPECT_NEAR(gini(one_to_ten), 0.3, 1e-12);
  EXPECT_EQ(nakamoto(one_to_ten, 0.5), 4);
  EXPECT_EQ(nakamoto(one_to_ten, 1.0 / 3), 2);
  std::vector<double> single(10, 0);
  single[3] = 7;
  EXPECT_NEAR(gini(single), 0.9, 1e-12);
  EXPECT_EQ(nakamoto(single, 0.5), 1);
}

TEST(Inequality, OfNothing) {
  EXPECT_EQ(gini({}), 0);
  EXPECT_EQ(gini({0, 0}), 0);
  EXPECT_EQ(gini({5, 5, 5}), 0);
  EXPECT_EQ(nakamoto({}, 0.5), 0);
  EXPECT_EQ(nakamoto({0, 0}, 0.5), 0);
  EXPECT_EQ(nakamoto({1, 1}, 0.5), 2) << "half is not more than half";
}

}  // namespace
}  // namespace orrery::sim::game
