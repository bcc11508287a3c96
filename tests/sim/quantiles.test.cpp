#include "sim/quantiles.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "kernels/contract.hpp"

namespace orrery::sim {
namespace {

constexpr int draws = 200000;

const Quantiles table({{0, 1}, {0.25, 3}, {0.25, 4}, {0.9, 10}, {1, 40}});

TEST(Quantiles, InterpolatesBetweenPointsAndJumpsWhereTwoShareAProbability) {
  EXPECT_EQ(table.at(0), 1);
  EXPECT_EQ(table.at(0.125), 2);
  EXPECT_EQ(table.at(0.25), 4);
  EXPECT_DOUBLE_EQ(table.at(0.575), 7);
  EXPECT_EQ(table.at(0.9), 10);
  EXPECT_EQ(table.at(1), 40);
}

TEST(Quantiles, MeanIsExactAndMetBySamples) {
  EXPECT_DOUBLE_EQ(table.mean(), 0.25 * 2 + 0.65 * 7 + 0.1 * 25);
  Draw draw(1, Stream::test, 0);
  double sum = 0, squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = table.sample(draw);
    sum += x, squares += x * x;
  }
  const double mean = sum / draws;
  const double error = std::sqrt((squares / draws - mean * mean) / draws);
  EXPECT_NEAR(mean, table.mean(), 4 * error);
}

// Under the length-biased density x f(x) / mean, 1/X has expectation 1/mean and X has E[X^2]/mean.
TEST(Quantiles, LengthBiasedDrawsHaveTheMomentsOfTheirDensity) {
  const auto square = [](double a, double b) { return (a * a + a * b + b * b) / 3; };
  const double second = 0.25 * square(1, 3) + 0.65 * square(4, 10) + 0.1 * square(10, 40);
  Draw draw(2, Stream::test, 0);
  double sum = 0, squares = 0, inverses = 0, inverse_squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = table.length_biased(draw);
    sum += x, squares += x * x, inverses += 1 / x, inverse_squares += 1 / x / x;
  }
  const auto bound = [](double s, double q) { return 4 * std::sqrt((q / draws - s * s / draws / draws) / draws); };
  EXPECT_NEAR(sum / draws, second / table.mean(), bound(sum, squares));
  EXPECT_NEAR(inverses / draws, 1 / table.mean(), bound(inverses, inverse_squares));
}

TEST(Quantiles, RefusesTablesThatAreNoDistribution) {
  EXPECT_THROW(Quantiles({{0, 1}}), ContractError);
  EXPECT_THROW(Quantiles({{0.1, 1}, {1, 2}}), ContractError);
  EXPECT_THROW(Quantiles({{0, 1}, {0.9, 2}}), ContractError);
  EXPECT_THROW(Quantiles({{0, 2}, {1, 1}}), ContractError);
  EXPECT_THROW(Quantiles({{0, -1}, {1, 1}}), ContractError);
  EXPECT_THROW(Quantiles({{0, 1}, {0.6, 2}, {0.5, 3}, {1, 4}}), ContractError);
  EXPECT_THROW(table.at(1.5), ContractError);
}

}  // namespace
}  // namespace orrery::sim
