#include "kernels/noise.hpp"

#include <cmath>
#include <vector>

#include <Random123/philox.h>
#include <gtest/gtest.h>

namespace orrery::kernels {
namespace {

std::vector<float> noise(std::uint64_t seed, std::uint64_t item, std::uint32_t step, std::size_t count) {
  std::vector<float> out(count);
  normal_noise(seed, item, step, out);
  return out;
}

// The formula of the contract once more, with the C library's functions: to within a rounding of fp32.
TEST(NormalNoise, IsBoxMullerOverPhilox) {
  const std::uint64_t seed = 0x123456789ABCDEFU, item = 0xFEDCBA9876543210U;
  const auto got = noise(seed, item, 7, 11);
  for (std::uint32_t i = 0; i < got.size(); ++i) {
    const philox4x32_ctr_t counter{{i / 4, 7, 0x76543210U, 0xFEDCBA98U}};
    const philox4x32_key_t key{{0x89ABCDEFU, 0x1234567U}};
    const philox4x32_ctr_t words = philox4x32(counter, key);
    const std::size_t pair = i % 4 / 2 * 2;
    const double radius = std::sqrt(-2 * std::log((words.v[pair] + 0.5) / 4294967296.0));
    const double angle = 2 * M_PI * words.v[pair + 1] / 4294967296.0;
    EXPECT_NEAR(got[i], radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle)), 1e-6) << i;
  }
}

TEST(NormalNoise, DependsOnWhereItStandsAlone) {
  const auto all = noise(1, 2, 3, 100);
  EXPECT_EQ(noise(1, 2, 3, 100), all);
  const auto some = noise(1, 2, 3, 37);
  EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
  for (const auto& other :
       {noise(2, 2, 3, 100), noise(1, 3, 3, 100), noise(1, 2, 4, 100), noise(1 + (std::uint64_t{1} << 32), 2, 3, 100),
        noise(1, 2 + (std::uint64_t{1} << 32), 3, 100)}) {
    int equal = 0;
    for (std::size_t i = 0; i < all.size(); ++i) equal += all[i] == other[i];
    EXPECT_LE(equal, 1);
  }
}

// Moments of n numbers within five of their standard errors, 1, 2, 15 and 96 being the variances of x, x^2, x^3, x^4.
TEST(NormalNoise, HasTheMomentsOfANormalDistribution) {
  const std::size_t n = 400000;
  const auto x = noise(11, 0, 0, n);
  double sum[4] = {}, next = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double power = 1;
    for (double& s : sum) s += power *= x[i];
    if (i > 0) next += static_cast<double>(x[i]) * x[i - 1];
  }
  const double error = 5 / std::sqrt(static_cast<double>(n));
  EXPECT_NEAR(sum[0] / n, 0, error);
  EXPECT_NEAR(sum[1] / n, 1, error * std::sqrt(2.0));
  EXPECT_NEAR(sum[2] / n, 0, error * std::sqrt(15.0));
  EXPECT_NEAR(sum[3] / n, 3, error * std::sqrt(96.0));
  EXPECT_NEAR(next / n, 0, error);
}

}  // namespace
}  // namespace orrery::kernels
