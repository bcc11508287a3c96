#include "kernels/mlp.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

TEST(Swiglu, EqualsTheTwinBitForBitAtAnySizeAndAlignment) {
  Numbers numbers(1);
  for (const Isa isa : isas()) {
    for (int cols = 1; cols <= 50; ++cols) {
      Strided gate(2, cols, 3, cols % 16), up(2, cols, 1, (cols * 5) % 16);
      gate.fill(numbers, 100.0F);  // wide enough to reach both ends of exp
      up.fill(numbers);
      Matrix want(2, cols);
      ref::swiglu(gate.view(), up.view(), want);
      swiglu(gate.view(), up.view(), gate.view(), {isa});  // in place
      EXPECT_TRUE(same_bits(gate.view(), want)) << name(isa) << " " << cols;
      EXPECT_TRUE(gate.intact());
    }
  }
}

TEST(Swiglu, ErrorStaysWithinTheBound) {
  Numbers numbers(2);
  const Matrix gate = random_matrix(numbers, 1, 10000, 80.0F), up = random_matrix(numbers, 1, 10000);
  Matrix h(1, 10000);
  swiglu(gate, up, h, {});
  for (int i = 0; i < h.cols(); ++i) {
    const double exact = gate(0, i) / (1.0 + std::exp(-static_cast<double>(gate(0, i)))) * up(0, i);
    ASSERT_LE(std::abs(h(0, i) - exact), 6 * u * std::abs(exact));
  }
}

TEST(Swiglu, Edges) {
  Matrix gate(1, 4), up(1, 4);
  gate(0, 0) = -200.0F, gate(0, 1) = 200.0F, gate(0, 2) = 0.0F, gate(0, 3) = NAN;
  for (float& value : up.span()) value = 2.0F;
  for (const Isa isa : isas()) {
    Matrix h(1, 4);
    swiglu(gate, up, h, {isa});
    EXPECT_EQ(h(0, 0), 0.0F);
    EXPECT_EQ(h(0, 1), 400.0F);
    EXPECT_EQ(h(0, 2), 0.0F);
    EXPECT_TRUE(std::isnan(h(0, 3)));
  }
}

TEST(Add, IsTheSum) {
  Numbers numbers(3);
  Strided x(3, 19, 4, 5);
  x.fill(numbers);
  const Matrix before = Matrix::copy(x.view()), y = random_matrix(numbers, 3, 19);
  add(x.view(), y, {});
  for (int r = 0; r < 3; ++r)
    for (int i = 0; i < 19; ++i) EXPECT_EQ(x.view()(r, i), before(r, i) + y(r, i));
  EXPECT_TRUE(x.intact());
}

TEST(Silu, EqualsTheTwinAndTheGate) {
  Numbers numbers(4);
  for (const Isa isa : isas()) {
    for (int cols = 1; cols <= 40; ++cols) {
      Strided x(2, cols, 3, cols % 16);
      x.fill(numbers, 100.0F);
      Matrix want(2, cols), ones(2, cols), gated(2, cols);
      for (float& value : ones.span()) value = 1.0F;
      ref::silu(x.view(), want);
      ref::swiglu(x.view(), ones, gated);
      silu(x.view(), x.view(), {isa});  // in place
      EXPECT_TRUE(same_bits(x.view(), want)) << name(isa) << " " << cols;
      EXPECT_TRUE(same_bits(want, gated));
      EXPECT_TRUE(x.intact());
    }
  }
}

TEST(AddGated, EqualsTheTwinBitForBitAtAnySizeAndAlignment) {
  Numbers numbers(5);
  for (const Isa isa : isas()) {
    for (int cols = 1; cols <= 40; ++cols) {
      Strided x(3, cols, 2, cols % 16);
      x.fill(numbers);
      const Matrix gate = random_matrix(numbers, 1, cols), y = random_matrix(numbers, 3, cols);
      Matrix want = Matrix::copy(x.view());
      ref::add_gated(want, gate.span(), y);
      add_gated(x.view(), gate.span(), y, {isa});
      EXPECT_TRUE(same_bits(x.view(), want)) << name(isa) << " " << cols;
      EXPECT_TRUE(x.intact());
    }
  }
}

TEST(AddBias, ReachesEveryRow) {
  Numbers numbers(6);
  Strided x(3, 19, 4, 5);
  x.fill(numbers);
  const Matrix before = Matrix::copy(x.view()), b = random_matrix(numbers, 1, 19);
  add_bias(x.view(), b.span());
  for (int r = 0; r < 3; ++r)
    for (int i = 0; i < 19; ++i) EXPECT_EQ(x.view()(r, i), before(r, i) + b(0, i));
  EXPECT_TRUE(x.intact());
}

}  // namespace
}  // namespace orrery::kernels
