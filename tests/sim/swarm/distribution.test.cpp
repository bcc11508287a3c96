#include "sim/swarm/distribution.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace orrery::sim::swarm {
namespace {

using Family = Distribution::Family;
constexpr int draws = 200000;

struct Moments {
  double mean = 0, error = 0;
};

template <class Sample>
Moments moments(const Sample& sample) {
  double sum = 0, squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = sample();
    sum += x, squares += x * x;
  }
  const double mean = sum / draws;
  return {mean, std::sqrt((squares / draws - mean * mean) / draws)};
}

struct Case {
  Family family;
  double shape;
  double second;  // E[X^2] at mean 100
};

std::vector<Case> cases() {
  const double k = 0.7;
  const double scale = 100 / std::tgamma(1 + 1 / k);
  const double sigma = 0.8;
  const double mu = std::log(100) - sigma * sigma / 2;
  return {{Family::exponential, 1, 2 * 100 * 100},
          {Family::weibull, k, scale * scale * std::tgamma(1 + 2 / k)},
          {Family::lognormal, sigma, std::exp(2 * mu + 2 * sigma * sigma)},
          {Family::gamma, 0.5, 0.5 * 1.5 * 200 * 200}};
}

TEST(Distribution, SamplesMeetTheMeanAskedFor) {
  for (const Case& c : cases()) {
    const auto d = Distribution::with_mean(c.family, 100, c.shape);
    EXPECT_NEAR(d.mean(), 100, 1e-9);
    EXPECT_NEAR(d.scaled(2.5).mean(), 250, 1e-9);
    Draw draw(3, Stream::test, static_cast<std::uint32_t>(c.family));
    const Moments m = moments([&] { return d.sample(draw); });
    EXPECT_NEAR(m.mean, 100, 4 * m.error) << static_cast<int>(c.family);
    const Moments s = moments([&] { return d.scaled(0.1).sample(draw); });
    EXPECT_NEAR(s.mean, 10, 4 * s.error) << static_cast<int>(c.family);
  }
}

// Mean of the equilibrium distribution: E[X^2] / (2 E[X]).
TEST(Distribution, ResidualsHaveTheMeanOfTheEquilibriumDistribution) {
  for (const Case& c : cases()) {
    const auto d = Distribution::with_mean(c.family, 100, c.shape);
    Draw draw(4, Stream::test, static_cast<std::uint32_t>(c.family));
    const Moments m = moments([&] { return d.residual(draw); });
    EXPECT_NEAR(m.mean, c.second / 200, 4 * m.error) << static_cast<int>(c.family);
  }
}

TEST(Distribution, ResidualsOfQuantilesUseTheirExactSecondMoment) {
  const auto d = Distribution::of(Quantiles({{0, 0}, {0.5, 2}, {1, 10}}));
  const double second = 0.5 * (4.0 / 3) + 0.5 * (4 + 20 + 100) / 3;
  Draw draw(5, Stream::test, 0);
  const Moments m = moments([&] { return d.scaled(3).residual(draw); });
  EXPECT_NEAR(m.mean, 3 * second / (2 * d.mean()), 4 * m.error);
}

TEST(Distribution, WhatIsPastOfACoveringIntervalIsDistributedLikeWhatIsLeft) {
  const auto d = Distribution::with_mean(Distribution::Family::weibull, 100, 0.6);
  Draw draw(6, Stream::test, 0);
  const Moments past = moments([&] { return d.covering(draw).past; });
  const Moments left = moments([&] { return d.covering(draw).left; });
  EXPECT_NEAR(past.mean, left.mean, 4 * (past.error + left.error));
  EXPECT_GT(past.mean, 120) << "length-biased: longer than half a mean";
}

// Kolmogorov-Smirnov distance of n draws from a distribution function; 1.95 / sqrt(n) is passed once in 1,000.
template <class Sample, class Function>
double distance(const Sample& sample, const Function& function) {
  std::vector<double> x(20000);
  for (double& v : x) v = sample();
  std::sort(x.begin(), x.end());
  double d = 0;
  const double n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = function(x[i]);
    d = std::max({d, std::fabs(f - static_cast<double>(i) / n), std::fabs(static_cast<double>(i + 1) / n - f)});
  }
  return d * std::sqrt(n);
}

TEST(Distribution, ResidualsFollowTheirFunction) {
  Draw draw(6, Stream::test, 0);
  // The exponential forgets: what is left of it is as long as it was.
  const auto e = Distribution::with_mean(Family::exponential, 5, 1);
  EXPECT_LT(distance([&] { return e.residual(draw); }, [](double x) { return 1 - std::exp(-x / 5); }), 1.95);
  // Gamma with shape 2 and scale 1: (1/2) int_0^x (1 + y) exp(-y) dy = 1 - (2 + x) exp(-x) / 2.
  const auto g = Distribution::of(Family::gamma, 2, 1);
  EXPECT_LT(distance([&] { return g.residual(draw); }, [](double x) { return 1 - (2 + x) * std::exp(-x) / 2; }), 1.95);
  // Weibull with shape 1/2 and scale 1 has mean 2: 1 - (1 + sqrt x) exp(-sqrt x).
  const auto w = Distribution::of(Family::weibull, 0.5, 1);
  const auto weibull = [](double x) { return 1 - (1 + std::sqrt(x)) * std::exp(-std::sqrt(x)); };
  EXPECT_LT(distance([&] { return w.residual(draw); }, weibull), 1.95);
  // A uniform share of an interval that is not length-biased must fail the same test.
  EXPECT_GT(distance([&] { return w.sample(draw) * draw.uniform(); }, weibull), 1.95);
}

}  // namespace
}  // namespace orrery::sim::swarm
