#include "experiments/sweep/stopping.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "experiments/student_t.hpp"
#include "sim/random.hpp"

namespace orrery::experiments::sweep {
namespace {

SweepParams precision(double half_width, std::int64_t most) {
  SweepParams params;
  params.stop_metric = "m";
  params.stop_half_width = half_width;
  params.max_replicas = most;
  return params;
}

// Quantiles of the tables (Abramowitz and Stegun 26.10), and the Cauchy distribution in closed form.
TEST(StudentT, QuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(student_t_two_sided(0.95, 1), 12.706, 5e-4);
  EXPECT_NEAR(student_t_two_sided(0.95, 4), 2.776, 5e-4);
  EXPECT_NEAR(student_t_two_sided(0.95, 10), 2.228, 5e-4);
  EXPECT_NEAR(student_t_two_sided(0.99, 30), 2.750, 5e-4);
  EXPECT_NEAR(student_t_two_sided(0.95, 1e6), 1.960, 5e-4);
  for (const double t : {-50.0, -3.0, -0.1, 0.0, 0.7, 2.0, 400.0}) {
    EXPECT_NEAR(student_t_cdf(t, 1), 0.5 + std::atan(t) / M_PI, 1e-13) << t;
    EXPECT_NEAR(student_t_cdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-13) << t;
  }
}

TEST(Stopping, EqualOrPreciseValuesNeedNoMore) {
  EXPECT_EQ(replicas_needed({2, 2, 2}, precision(0.01, 100)), 3u);
  EXPECT_EQ(replicas_needed({100, 101, 99}, precision(0.05, 100)), 3u);  // half-width 2.48
  EXPECT_EQ(replicas_needed({0, 0}, precision(0.05, 100)), 2u);
}

TEST(Stopping, TheSquareRootLawWithinItsBounds) {
  // Half-width 2.484 where 2 is wanted: 3 * (2.484 / 2)^2 = 4.6.
  EXPECT_EQ(replicas_needed({100, 101, 99}, precision(0.02, 100)), 5u);
  EXPECT_EQ(replicas_needed({100, 101, 99}, precision(0.001, 100)), 6u) << "at most twice";
  EXPECT_EQ(replicas_needed({100, 101, 99}, precision(0.001, 4)), 4u) << "at most max_replicas";
  EXPECT_EQ(replicas_needed({100, 101, 99}, precision(0.02, 3)), 3u);
  EXPECT_EQ(replicas_needed({1, NAN, NAN}, precision(0.02, 9)), 6u) << "one value is none";
  EXPECT_EQ(replicas_needed({1, -1}, precision(0.02, 9)), 4u) << "a mean of zero has no relative error";
}

// Sampling until the rule says stop gives means that are as precise as was asked for.
TEST(Stopping, MeansAreAsPreciseAsWasAskedFor) {
  int inside = 0;
  const int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    sim::Draw draw(9, sim::Stream::test, static_cast<std::uint32_t>(trial));
    std::vector<double> values;
    std::size_t wanted = 5;
    while (values.size() < wanted) {
      while (values.size() < wanted) values.push_back(10 + 2 * draw.normal());
      wanted = replicas_needed(values, precision(0.05, 10000));
    }
    double sum = 0;
    for (const double x : values) sum += x;
    inside += std::fabs(sum / static_cast<double>(values.size()) - 10) <= 0.5 ? 1 : 0;
  }
  EXPECT_GT(inside, trials * 90 / 100);
}

}  // namespace
}  // namespace orrery::experiments::sweep
