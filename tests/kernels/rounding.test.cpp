#include "kernels/rounding.hpp"

#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

constexpr Rounding all[] = {Rounding::fp32, Rounding::bf16, Rounding::fp16};

// Every exponent, infinities, subnormals and NaN among them: random bits.
TEST(RoundTo, EqualsTheTwinForNumbersOfAnySize) {
  Numbers numbers(1);
  for (const Rounding rounding : all) {
    Strided x(40, 501, 3, 5);
    for (int r = 0; r < 40; ++r)
      for (float& value : x.view().row_span(r))
        value = std::bit_cast<float>(static_cast<std::uint32_t>(numbers.bits()));
    Matrix want = Matrix::copy(x.view());
    ref::round_to(rounding, want);
    round_to(rounding, x.view());
    for (int r = 0; r < 40; ++r)
      for (int c = 0; c < 501; ++c) {
        const float got = x.view()(r, c), expected = want(r, c);
        ASSERT_EQ(std::isnan(got), std::isnan(expected));
        if (std::isnan(got)) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(expected)) << name(rounding);
      }
    EXPECT_TRUE(x.intact());
  }
}

TEST(RoundTo, TiesGoToTheEvenNeighbour) {
  Matrix x(1, 6);
  const float given[] = {1.0F + 0x1p-11F, 1.0F + 3 * 0x1p-11F, 65519.0F, 65520.0F, 0x1p-25F, 3 * 0x1p-25F};
  const float halves[] = {1.0F, 1.0F + 0x1p-9F, 65504.0F, HUGE_VALF, 0.0F, 2 * 0x1p-24F};
  std::copy(std::begin(given), std::end(given), x.data());
  round_to(Rounding::fp16, x);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(x(0, i), halves[i]) << i;
  Matrix y(1, 3);
  y(0, 0) = 1.0F + 0x1p-8F, y(0, 1) = 1.0F + 3 * 0x1p-8F, y(0, 2) = 3.4e38F;
  round_to(Rounding::bf16, y);
  EXPECT_EQ(y(0, 0), 1.0F);
  EXPECT_EQ(y(0, 1), 1.0F + 0x1p-6F);
  EXPECT_EQ(y(0, 2), HUGE_VALF);
}

}  // namespace
}  // namespace orrery::kernels
