#include "kernels/elementary.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

TEST(ExpFp32, WithinTwoUlpOfTheTruth) {
  double worst = 0.0;
  // Every 997th fp32 number of the range, both signs.
  for (std::uint32_t bits = 0; bits < std::bit_cast<std::uint32_t>(88.7F); bits += 997) {
    for (const float x : {std::bit_cast<float>(bits), -std::bit_cast<float>(bits)}) {
      if (x < -86.5F) continue;
      const double truth = std::exp(static_cast<double>(x));
      worst = std::max(worst, std::abs(exp_fp32(x) - truth) / truth);
    }
  }
  EXPECT_LE(worst, 2 * 0x1p-23);
}

TEST(ExpFp32, Edges) {
  EXPECT_EQ(exp_fp32(0.0F), 1.0F);
  EXPECT_EQ(exp_fp32(-0.0F), 1.0F);
  EXPECT_EQ(exp_fp32(-86.6F), 0.0F);
  EXPECT_EQ(exp_fp32(-HUGE_VALF), 0.0F);
  EXPECT_TRUE(std::isfinite(exp_fp32(88.72283F)));
  EXPECT_EQ(exp_fp32(88.8F), HUGE_VALF);
  EXPECT_EQ(exp_fp32(HUGE_VALF), HUGE_VALF);
  EXPECT_TRUE(std::isnan(exp_fp32(NAN)));
}

TEST(Exact, AgreesWithTheCLibrary) {
  Numbers numbers(1);
  for (int i = 0; i < 20000; ++i) {
    const double angle = numbers.unit() * (1 << 19), power = numbers.unit() * 40 - 20, x = std::exp(power * 10);
    EXPECT_NEAR(exact::sin(angle), std::sin(angle), 1e-14) << angle;
    EXPECT_NEAR(exact::cos(angle), std::cos(angle), 1e-14) << angle;
    EXPECT_NEAR(exact::exp(power) / std::exp(power), 1.0, 1e-14) << power;
    EXPECT_NEAR(exact::log(x), std::log(x), 1e-14 * std::max(1.0, std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(exact::sin(0.0), 0.0);
  EXPECT_EQ(exact::cos(0.0), 1.0);
  EXPECT_EQ(exact::exp(0.0), 1.0);
  EXPECT_EQ(exact::log(1.0), 0.0);
}

}  // namespace
}  // namespace orrery::kernels
