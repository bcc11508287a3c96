#include "sim/detection/statistics.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::detection {
namespace {

TEST(Statistics, IntervalsHaveTheirTextbookValues) {
  // Clopper-Pearson of 0 and 10 of 10: 1 - 0.025^(1/10) away from the edge.
  EXPECT_NEAR(clopper_pearson(0, 10).high, 1 - std::pow(0.025, 0.1), 1e-12);
  EXPECT_NEAR(clopper_pearson(10, 10).low, std::pow(0.025, 0.1), 1e-12);
  EXPECT_EQ(clopper_pearson(0, 10).low, 0);
  EXPECT_EQ(clopper_pearson(10, 10).high, 1);
  // Clopper and Pearson's worked case as R's binom.test(7, 20) prints it.
  EXPECT_NEAR(clopper_pearson(7, 20).low, 0.1539092, 1e-6);
  EXPECT_NEAR(clopper_pearson(7, 20).high, 0.5921885, 1e-6);
  // Wilson by its formula at z = 1.959964.
  EXPECT_NEAR(wilson(7, 20).low, 0.1811918, 1e-6);
  EXPECT_NEAR(wilson(7, 20).high, 0.5671457, 1e-6);
}

TEST(Statistics, ExactIntervalsCoverAtLeastWhatTheySay) {
  Draw draw(5, Stream::test, 0);
  for (const double p : {0.01, 0.3}) {
    int covered = 0;
    constexpr int trials = 2000;
    for (int i = 0; i < trials; ++i) {
      int hits = 0;
      for (int j = 0; j < 60; ++j) hits += draw.uniform() < p ? 1 : 0;
      const Interval c = clopper_pearson(hits, 60);
      covered += c.low <= p && p <= c.high ? 1 : 0;
    }
    EXPECT_GE(covered, 0.94 * trials);
  }
}

TEST(Statistics, AreaUnderRoc) {
  EXPECT_EQ(area_under_roc({1, 2, 3}, {4, 5}), 1);
  EXPECT_EQ(area_under_roc({1, 2, 3}, {0}), 0);
  EXPECT_EQ(area_under_roc({1, 2, 3}, {2}), 0.5);
  EXPECT_NEAR(area_under_roc({1, 2}, {1, 3}), 0.625, 1e-12);
}

TEST(Statistics, AThresholdKeepsItsPromise) {
  EXPECT_EQ(conformal_threshold({3, 1, 2}, 0.25), 3);
  EXPECT_TRUE(std::isinf(conformal_threshold({3, 1, 2}, 0.01))) << "three cannot promise one in a hundred";
  EXPECT_FALSE(std::isinf(conformal_threshold(std::vector<double>(99, 1.0), 0.01)));
  Draw draw(6, Stream::test, 0);
  int above = 0;
  constexpr int trials = 4000;
  for (int i = 0; i < trials; ++i) {
    std::vector<double> honest;
    for (int j = 0; j < 19; ++j) honest.push_back(draw.exponential(1));
    above += draw.exponential(1) > conformal_threshold(honest, 0.1) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(above) / trials, 0.1, 4 * std::sqrt(0.09 / trials));
}

}  // namespace
}  // namespace orrery::sim::detection
