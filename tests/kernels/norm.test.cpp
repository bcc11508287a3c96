#include "kernels/norm.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

constexpr float eps = 1e-5F;

TEST(RmsNorm, EqualsTheTwinBitForBitAtAnySizeAndAlignment) {
  Numbers numbers(1);
  for (const Isa isa : isas()) {
    for (int cols = 1; cols <= 70; ++cols) {
      Strided x(3, cols, 2, cols % 16), y(3, cols, 5, (cols * 7) % 16);
      x.fill(numbers, 10.0F);
      const Matrix w = random_matrix(numbers, 1, cols);
      Matrix want(3, cols);
      ref::rms_norm(x.view(), w.span(), eps, want);
      rms_norm(x.view(), w.span(), eps, y.view(), {isa});
      EXPECT_TRUE(same_bits(y.view(), want)) << name(isa) << " " << cols;
      EXPECT_TRUE(y.intact());
      rms_norm(x.view(), w.span(), eps, x.view(), {isa});  // in place
      EXPECT_TRUE(same_bits(x.view(), want));
      EXPECT_TRUE(x.intact());
    }
  }
}

TEST(RmsNorm, ErrorStaysWithinTheBound) {
  Numbers numbers(2);
  for (const int cols : {1, 15, 64, 172, 1000, 4096}) {
    const Matrix x = random_matrix(numbers, 4, cols, 5.0F), w = random_matrix(numbers, 1, cols);
    Matrix y(4, cols);
    rms_norm(x, w.span(), eps, y, {});
    for (int r = 0; r < 4; ++r) {
      double square = 0.0;
      for (int i = 0; i < cols; ++i) square += static_cast<double>(x(r, i)) * x(r, i);
      for (int i = 0; i < cols; ++i) {
        const double exact = x(r, i) / std::sqrt(square / cols + eps) * w(0, i);
        ASSERT_LE(std::abs(y(r, i) - exact), (cols / 32.0 + 8) * u * std::abs(exact));
      }
    }
  }
}

}  // namespace
}  // namespace orrery::kernels
