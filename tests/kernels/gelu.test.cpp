#include "kernels/gelu.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

double exact(Gelu form, double x) {
  if (form == Gelu::erf) return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
  const double v = std::sqrt(2.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1.0 + std::tanh(v));
}

TEST(Gelu, EqualsTheTwinBitForBitAtAnySizeAndAlignment) {
  Numbers numbers(1);
  for (const Gelu form : {Gelu::erf, Gelu::tanh}) {
    for (const Isa isa : isas()) {
      for (int cols = 1; cols <= 50; ++cols) {
        Strided x(2, cols, 3, cols % 16);
        x.fill(numbers, numbers.integer(0, 1) == 0 ? 3.0F : 60.0F);
        Matrix want(2, cols);
        ref::gelu(form, x.view(), want);
        gelu(form, x.view(), x.view(), {isa});  // in place
        EXPECT_TRUE(same_bits(x.view(), want)) << name(isa) << " " << cols;
        EXPECT_TRUE(x.intact());
      }
    }
  }
}

TEST(Gelu, ErrorStaysWithinTheBound) {
  Matrix x(1, 200001), y(1, 200001);
  for (int i = 0; i < x.cols(); ++i) x(0, i) = -10.0F + static_cast<float>(i) * 1e-4F;
  for (const Gelu form : {Gelu::erf, Gelu::tanh}) {
    gelu(form, x, y, {});
    const double units = form == Gelu::erf ? 5 : 6;
    for (int i = 0; i < x.cols(); ++i)
      ASSERT_LE(std::abs(y(0, i) - exact(form, x(0, i))), units * u * std::abs(x(0, i))) << x(0, i);
  }
}

TEST(Gelu, Edges) {
  Matrix x(1, 5);
  x(0, 0) = -200.0F, x(0, 1) = 200.0F, x(0, 2) = 0.0F, x(0, 3) = NAN, x(0, 4) = 1e-30F;
  for (const Gelu form : {Gelu::erf, Gelu::tanh}) {
    for (const Isa isa : isas()) {
      Matrix y(1, 5);
      gelu(form, x, y, {isa});
      EXPECT_EQ(y(0, 0), 0.0F);
      EXPECT_EQ(y(0, 1), 200.0F);
      EXPECT_EQ(y(0, 2), 0.0F);
      EXPECT_TRUE(std::isnan(y(0, 3)));
      EXPECT_EQ(y(0, 4), 0.5e-30F);
    }
  }
}

}  // namespace
}  // namespace orrery::kernels
