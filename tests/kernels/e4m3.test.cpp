#include "kernels/e4m3.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

// All finite e4m3 numbers, ascending.
std::vector<float> all_e4m3() {
  std::vector<float> out;
  for (int code = 0xFE; code >= 0x80; --code) out.push_back(from_e4m3(static_cast<std::uint8_t>(code)));
  for (int code = 0; code < 0x7F; ++code) out.push_back(from_e4m3(static_cast<std::uint8_t>(code)));
  return out;
}

TEST(E4m3, IsTheFormatOfThePaper) {
  EXPECT_EQ(from_e4m3(0x7E), 448.0F);
  EXPECT_EQ(from_e4m3(0x08), 0x1p-6F);
  EXPECT_EQ(from_e4m3(0x07), 0.875F * 0x1p-6F);
  EXPECT_EQ(from_e4m3(0x01), 0x1p-9F);
  EXPECT_TRUE(std::isnan(from_e4m3(0x7F)));
  EXPECT_TRUE(std::isnan(from_e4m3(0xFF)));
  EXPECT_TRUE(std::signbit(from_e4m3(0x80)));
  EXPECT_TRUE(std::ranges::is_sorted(all_e4m3()));
}

TEST(E4m3, RoundsToTheNearestAndSaturates) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    if ((code & 0x7F) == 0x7F) continue;  // NaN
    EXPECT_EQ(to_e4m3(from_e4m3(byte)), byte);
  }
  const std::vector<float> grid = all_e4m3();
  Numbers numbers(1);
  for (int i = 0; i < 20000; ++i) {
    const float x = numbers.real(-1.0F, 1.0F) * std::exp2(static_cast<float>(numbers.integer(-11, 9)));
    const float got = from_e4m3(to_e4m3(x));
    for (const float other : grid) ASSERT_LE(std::abs(got - x), std::abs(other - x)) << x;
  }
  // Half way between two: the even one.
  EXPECT_EQ(from_e4m3(to_e4m3(17.0F)), 16.0F);
  EXPECT_EQ(from_e4m3(to_e4m3(19.0F)), 20.0F);
  EXPECT_EQ(from_e4m3(to_e4m3(0x1p-10F)), 0.0F);
  EXPECT_EQ(from_e4m3(to_e4m3(3 * 0x1p-10F)), 2 * 0x1p-9F);
  EXPECT_EQ(to_e4m3(1e9F), 0x7E);
  EXPECT_EQ(to_e4m3(-HUGE_VALF), 0xFE);
  EXPECT_TRUE(std::isnan(from_e4m3(to_e4m3(NAN))));
}

}  // namespace
}  // namespace orrery::kernels
