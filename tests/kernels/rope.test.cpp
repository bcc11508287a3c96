#include "kernels/rope.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

TEST(RopeTable, IsWithinItsBound) {
  const RopeTable table(600, 64, 10000.0F);
  for (int p = 0; p < 600; ++p) {
    for (int i = 0; i < 32; ++i) {
      const auto frequency = static_cast<float>(std::pow(10000.0, -2.0 * i / 64));
      const double angle = static_cast<float>(p) * frequency;
      ASSERT_NEAR(table.cos(p, i), std::cos(angle), 0.6 * 0x1p-24 * 2);
      ASSERT_NEAR(table.sin(p, i), std::sin(angle), 0.6 * 0x1p-24 * 2);
    }
  }
}

TEST(Rope, EqualsTheTwinBitForBit) {
  Numbers numbers(1);
  for (const RopeLayout layout : {RopeLayout::interleaved, RopeLayout::half_split}) {
    for (const int head_dim : {2, 8, 30, 32, 64, 80, 128}) {
      const RopeTable table(40, head_dim, 10000.0F);
      for (const Isa isa : isas()) {
        Strided x(5, 3 * head_dim, 7, head_dim % 16);
        x.fill(numbers);
        Matrix want = Matrix::copy(x.view());
        ref::rope(want, 33, table, layout);
        rope(x.view(), 33, table, layout, {isa});
        EXPECT_TRUE(same_bits(x.view(), want)) << name(isa) << " " << head_dim;
        EXPECT_TRUE(x.intact());
      }
    }
  }
}

TEST(Rope, TurnsByTheAngleOfThePosition) {
  Numbers numbers(2);
  const RopeTable table(100, 16, 500.0F);
  const Matrix before = random_matrix(numbers, 100, 32);
  for (const RopeLayout layout : {RopeLayout::interleaved, RopeLayout::half_split}) {
    Matrix x = Matrix::copy(before);
    rope(x, 0, table, layout, {});
    for (int p = 0; p < 100; ++p) {
      for (int i = 0; i < 8; ++i) {
        const int first = 16 + (layout == RopeLayout::interleaved ? 2 * i : i);
        const int second = layout == RopeLayout::interleaved ? first + 1 : first + 8;
        const double c = table.cos(p, i), s = table.sin(p, i), a = before(p, first), b = before(p, second);
        const double bound = 3 * u * (std::abs(a) + std::abs(b));
        ASSERT_NEAR(x(p, first), a * c - b * s, bound);
        ASSERT_NEAR(x(p, second), a * s + b * c, bound);
      }
    }
  }
}

TEST(Rope, RefusesPositionsBeyondTheTable) {
  const RopeTable table(10, 8, 10000.0F);
  Matrix x(4, 8);
  EXPECT_THROW(rope(x, 7, table, RopeLayout::half_split, {}), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
