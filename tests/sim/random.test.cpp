#include "sim/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/contract.hpp"

namespace orrery::sim {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Philox4x32-10 known answers from Random123's kat_vectors (D. E. Shaw Research): counter, key -> output. Our counter
// is (index low, index high, entity, stream) and our key is (seed low, seed high).
struct KnownAnswer {
  Words counter;
  std::array<std::uint32_t, 2> key;
  Words output;
};
constexpr KnownAnswer known_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

std::uint64_t joined(std::uint32_t low, std::uint32_t high) { return static_cast<std::uint64_t>(high) << 32 | low; }

TEST(Random, PhiloxKnownAnswers) {
  for (const KnownAnswer& known : known_answers) {
    const Words bits = random_bits(joined(known.key[0], known.key[1]), static_cast<Stream>(known.counter[3]),
                                   known.counter[2], joined(known.counter[0], known.counter[1]));
    EXPECT_EQ(bits, known.output);
  }
}

TEST(Random, DrawIsAPureFunctionOfItsIndex) {
  Draw draw(5, Stream::test, 7);
  for (int i = 0; i < 10; ++i) draw.normal();
  Draw resumed(5, Stream::test, 7, draw.index());
  EXPECT_EQ(draw.bits(), resumed.bits());
  EXPECT_NE(Draw(5, Stream::test, 8).bits(), Draw(5, Stream::test, 7).bits());
  EXPECT_NE(Draw(6, Stream::test, 7).bits(), Draw(5, Stream::test, 7).bits());
  EXPECT_NE(Draw(5, Stream::life, 7).bits(), Draw(5, Stream::test, 7).bits());
}

constexpr int samples = 100000;

std::vector<double> sample(std::uint32_t entity, const std::function<double(Draw&)>& next) {
  Draw draw(2026, Stream::test, entity);
  std::vector<double> x(samples);
  for (double& value : x) value = next(draw);
  return x;
}

// Kolmogorov-Smirnov distance to a distribution function, scaled by sqrt(n): above 1.95 with probability 0.001 (the
// limit law, Kolmogorov 1933). The seeds are fixed, so a pass stays a pass.
double ks(std::vector<double> x, const std::function<double(double)>& cdf) {
  std::sort(x.begin(), x.end());
  double distance = 0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = cdf(x[i]);
    distance = std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return distance * std::sqrt(n);
}
constexpr double ks_bound = 1.95;

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// |sample mean - mean| in standard errors.
double mean_error(const std::vector<double>& x, double mean, double variance) {
  double sum = 0;
  for (double value : x) sum += value;
  const auto n = static_cast<double>(x.size());
  return std::fabs(sum / n - mean) / std::sqrt(variance / n);
}
constexpr double four_sigma = 4;

TEST(Random, Uniform) {
  const auto x = sample(1, [](Draw& d) { return d.uniform(); });
  EXPECT_GE(*std::min_element(x.begin(), x.end()), 0.0);
  EXPECT_LT(*std::max_element(x.begin(), x.end()), 1.0);
  EXPECT_LT(ks(x, [](double v) { return v; }), ks_bound);
  const auto y = sample(2, [](Draw& d) { return d.uniform(-3, 5); });
  EXPECT_LT(ks(y, [](double v) { return (v + 3) / 8; }), ks_bound);
}

TEST(Random, NeighbouringStreamsAreUncorrelated) {
  const auto x = sample(1, [](Draw& d) { return d.normal(); });
  for (std::uint32_t other : {2u, 3u, 0x80000001u}) {
    const auto y = sample(other, [](Draw& d) { return d.normal(); });
    double product = 0;
    for (int i = 0; i < samples; ++i) product += x[i] * y[i];
    EXPECT_LT(std::fabs(product) / std::sqrt(double{samples}), four_sigma) << "entity " << other;
  }
}

TEST(Random, BelowIsUnbiased) {
  Draw draw(2026, Stream::test, 3);
  constexpr std::uint64_t faces = 7;
  std::array<double, faces> count{};
  for (int i = 0; i < samples; ++i) count.at(draw.below(faces)) += 1;
  double chi2 = 0;
  const double expected = samples / double{faces};
  for (double c : count) chi2 += (c - expected) * (c - expected) / expected;
  EXPECT_LT(chi2, 22.46);  // chi-squared, 6 degrees of freedom, p = 0.001
  for (int i = 0; i < 100; ++i) EXPECT_EQ(draw.below(1), 0u);
  // A range of 3/4 of all values: without rejection the first third would come up twice as often as the others.
  constexpr std::uint64_t range = std::uint64_t{3} << 62;
  int low = 0;
  for (int i = 0; i < samples; ++i) low += draw.below(range) < range / 3 ? 1 : 0;
  EXPECT_NEAR(low / double{samples}, 1 / 3.0, four_sigma * std::sqrt(2 / 9.0 / samples));
  EXPECT_THROW(draw.below(0), ContractError);
}

TEST(Random, Exponential) {
  const auto x = sample(4, [](Draw& d) { return d.exponential(2.5); });
  EXPECT_LT(ks(x, [](double v) { return 1 - std::exp(-v / 2.5); }), ks_bound);
  EXPECT_LT(mean_error(x, 2.5, 2.5 * 2.5), four_sigma);
}

TEST(Random, Normal) {
  const auto x = sample(5, [](Draw& d) { return d.normal(); });
  EXPECT_LT(ks(x, normal_cdf), ks_bound);
  EXPECT_LT(mean_error(x, 0, 1), four_sigma);
}

TEST(Random, Lognormal) {
  const auto x = sample(6, [](Draw& d) { return d.lognormal(0.7, 0.5); });
  EXPECT_LT(ks(x, [](double v) { return normal_cdf((std::log(v) - 0.7) / 0.5); }), ks_bound);
  const double mean = std::exp(0.7 + 0.125);
  EXPECT_LT(mean_error(x, mean, mean * mean * (std::exp(0.25) - 1)), four_sigma);
}

TEST(Random, Weibull) {
  const auto x = sample(7, [](Draw& d) { return d.weibull(0.6, 3); });
  EXPECT_LT(ks(x, [](double v) { return 1 - std::exp(-std::pow(v / 3, 0.6)); }), ks_bound);
  const double mean = 3 * std::tgamma(1 + 1 / 0.6);
  EXPECT_LT(mean_error(x, mean, 9 * std::tgamma(1 + 2 / 0.6) - mean * mean), four_sigma);
}

TEST(Random, Gamma) {
  // Shape 3: the closed Erlang form. Shape 1/2: a scaled chi-squared of one degree, P(X <= x) = erf(sqrt(x / scale)).
  const auto erlang = sample(8, [](Draw& d) { return d.gamma(3, 2); });
  EXPECT_LT(ks(erlang, [](double v) { return 1 - std::exp(-v / 2) * (1 + v / 2 + v * v / 8); }), ks_bound);
  const auto half = sample(9, [](Draw& d) { return d.gamma(0.5, 2); });
  EXPECT_LT(ks(half, [](double v) { return std::erf(std::sqrt(v / 2)); }), ks_bound);
  EXPECT_LT(mean_error(sample(10, [](Draw& d) { return d.gamma(7.3, 0.4); }), 7.3 * 0.4, 7.3 * 0.16), four_sigma);
}

TEST(Random, RefusesParametersWithoutADistribution) {
  Draw draw(1, Stream::test, 0);
  EXPECT_THROW(draw.exponential(0), ContractError);
  EXPECT_THROW(draw.weibull(0, 1), ContractError);
  EXPECT_THROW(draw.gamma(1, 0), ContractError);
}

}  // namespace
}  // namespace orrery::sim
