#include "kernels/quant.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();

TEST(Half, EveryHalfSurvivesTheWayToFloatAndBack) {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = from_half(half);
    if ((bits & 0x7FFFU) > 0x7C00U)
      EXPECT_TRUE(std::isnan(value) && std::isnan(from_half(to_half(value))));
    else
      EXPECT_EQ(to_half(value), half);
  }
  EXPECT_EQ(from_half(0x3C00), 1.0F);
  EXPECT_EQ(from_half(0x0001), 0x1p-24F);
  EXPECT_EQ(from_half(0xFBFF), -65504.0F);
}

// Nearest, and even on a tie: checked against the two halves that a value lies between.
TEST(Half, RoundsToTheNearest) {
  for (std::uint16_t low = 0; low < 0x7BFFU; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    const float a = from_half(low), b = from_half(high), middle = (a + b) / 2;
    EXPECT_EQ(to_half(std::nextafter(middle, a)), low);
    EXPECT_EQ(to_half(std::nextafter(middle, b)), high);
    EXPECT_EQ(to_half(middle), low % 2 == 0 ? low : high);
    EXPECT_EQ(to_half(-middle), (low % 2 == 0 ? low : high) | 0x8000);
  }
  EXPECT_EQ(to_half(65519.0F), 0x7BFF);
  EXPECT_EQ(to_half(65520.0F), 0x7C00);
  EXPECT_EQ(to_half(-infinity), 0xFC00);
  EXPECT_TRUE(std::isnan(from_half(to_half(nan))));
}

TEST(Bf16, RoundsToTheNearest) {
  Numbers numbers(3);
  for (int i = 0; i < 100000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(numbers.bits()));
    const float back = from_bf16(to_bf16(value));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(back));
    } else if (std::isfinite(back)) {
      EXPECT_LE(std::abs(static_cast<double>(back) - value), std::abs(static_cast<double>(value)) * 0x1p-8 + 0x1p-134);
    }
  }
  EXPECT_EQ(to_bf16(1.0F + 0x1p-8F), to_bf16(1.0F));                      // a tie, even
  EXPECT_EQ(from_bf16(to_bf16(1.0F + 3 * 0x1p-8F)), 1.0F + 4 * 0x1p-8F);  // a tie, up to even
  EXPECT_EQ(from_bf16(to_bf16(std::numeric_limits<float>::max())), infinity);
}

struct Bound {
  WeightType type;
  double relative_to_scale, divisor;  // |error| <= relative_to_scale * absmax / divisor
};

TEST(Quant, ErrorsStayWithinTheirBounds) {
  Numbers numbers(4);
  for (const Bound& bound :
       {Bound{WeightType::int8, 0.5 + 127 * 0x1p-11, 127}, {WeightType::int4, 1 + 8 * 0x1p-11, 8}}) {
    for (int round = 0; round < 500; ++round) {
      const int cols = numbers.integer(1, 100);
      const Matrix w = random_matrix(numbers, 2, cols, std::ldexp(1.0F, numbers.integer(-6, 10)));
      const auto bytes = encode(bound.type, w);
      Matrix back(2, cols);
      decode({bound.type, bytes, 2, cols}, back);
      for (int r = 0; r < 2; ++r) {
        for (int i = 0; i < cols; ++i) {
          double absmax = 0.0;
          for (int j = i / 32 * 32; j < std::min(cols, i / 32 * 32 + 32); ++j)
            absmax = std::max(absmax, std::abs(static_cast<double>(w(r, j))));
          const double scale = absmax / bound.divisor;
          if (scale < 0x1p-14) continue;
          ASSERT_LE(std::abs(static_cast<double>(back(r, i)) - w(r, i)), bound.relative_to_scale * scale * (1 + 1e-6));
        }
      }
    }
  }
}

// Worked by hand: d = 127 / 127 = 1, halves away from zero; the last 12 of 20 weights are missing.
TEST(Quant, Int8BytesAreThoseOfTheFormat) {
  Matrix w(1, 20);
  w(0, 0) = 127.0F, w(0, 1) = -2.5F, w(0, 2) = 2.5F, w(0, 19) = -126.6F;
  const auto bytes = encode(WeightType::int8, w);
  ASSERT_EQ(bytes.size(), 34U);
  EXPECT_EQ(std::to_integer<int>(bytes[0]) | std::to_integer<int>(bytes[1]) << 8, 0x3C00);
  const auto q = [&](std::size_t i) { return static_cast<int>(static_cast<std::int8_t>(bytes[2 + i])); };
  EXPECT_EQ(q(0), 127);
  EXPECT_EQ(q(1), -3);
  EXPECT_EQ(q(2), 3);
  EXPECT_EQ(q(3), 0);
  EXPECT_EQ(q(19), -127);
  for (std::size_t i = 20; i < 32; ++i) EXPECT_EQ(q(i), 0);
}

// d = -8 / -8 = 1: the largest weight is negative, so q spans -8 .. 7; weight 16 shares a byte with weight 0.
TEST(Quant, Int4BytesAreThoseOfTheFormat) {
  Matrix w(1, 32);
  w(0, 0) = -8.0F, w(0, 1) = 7.0F, w(0, 2) = 8.0F, w(0, 3) = -0.5F, w(0, 16) = 1.0F, w(0, 31) = 6.6F;
  const auto bytes = encode(WeightType::int4, w);
  ASSERT_EQ(bytes.size(), 18U);
  EXPECT_EQ(std::to_integer<int>(bytes[0]) | std::to_integer<int>(bytes[1]) << 8, 0x3C00);
  EXPECT_EQ(std::to_integer<int>(bytes[2]), 0 | 9 << 4);
  EXPECT_EQ(std::to_integer<int>(bytes[3]), 15 | 8 << 4);
  EXPECT_EQ(std::to_integer<int>(bytes[4]), 15 | 8 << 4);  // 8 has no code
  EXPECT_EQ(std::to_integer<int>(bytes[5]), 8 | 8 << 4);   // floor(-0.5 + 8.5)
  EXPECT_EQ(std::to_integer<int>(bytes[17]), 8 | 15 << 4);
}

TEST(Quant, ABlockThatCannotBeEncodedIsNaNAndOthersAreNot) {
  for (const WeightType type : {WeightType::int8, WeightType::int4}) {
    for (const float poison : {nan, infinity, -infinity, 1e38F}) {
      Matrix w(1, 96), back(1, 96);
      for (float& value : w.span()) value = 0.25F;
      w(0, 40) = poison;
      decode({type, encode(type, w), 1, 96}, back);
      for (int i = 0; i < 96; ++i) EXPECT_EQ(std::isnan(back(0, i)), i / 32 == 1) << name(type) << poison;
    }
  }
}

TEST(Quant, ZerosAndTinyWeightsBecomeZero) {
  for (const WeightType type : {WeightType::int8, WeightType::int4}) {
    for (const float value : {0.0F, -0.0F, 0x1p-140F, -0x1p-60F}) {
      Matrix w(1, 32), back(1, 32);
      for (float& weight : w.span()) weight = value;
      decode({type, encode(type, w), 1, 32}, back);
      for (const float weight : back.span()) EXPECT_EQ(weight, 0.0F);
    }
  }
}

}  // namespace
}  // namespace orrery::kernels
