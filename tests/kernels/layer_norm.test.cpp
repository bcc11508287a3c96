#include "kernels/layer_norm.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

constexpr float eps = 1e-5F;

TEST(LayerNorm, EqualsTheTwinBitForBitAtAnySizeAndAlignment) {
  Numbers numbers(1);
  for (const Isa isa : isas()) {
    for (int cols = 1; cols <= 70; ++cols) {
      Strided x(3, cols, 2, cols % 16), y(3, cols, 5, (cols * 7) % 16);
      x.fill(numbers, 10.0F);
      const Matrix w = random_matrix(numbers, 1, cols), b = random_matrix(numbers, 1, cols);
      Matrix want(3, cols);
      ref::layer_norm(x.view(), w.span(), b.span(), eps, want);
      layer_norm(x.view(), w.span(), b.span(), eps, y.view(), {isa});
      EXPECT_TRUE(same_bits(y.view(), want)) << name(isa) << " " << cols;
      EXPECT_TRUE(y.intact());
      layer_norm(x.view(), w.span(), b.span(), eps, x.view(), {isa});  // in place
      EXPECT_TRUE(same_bits(x.view(), want));
      EXPECT_TRUE(x.intact());
    }
  }
}

// The bound that layer_norm.hpp states, also where the mean is far larger than the deviations from it.
TEST(LayerNorm, ErrorStaysWithinTheBound) {
  Numbers numbers(2);
  for (const int n : {2, 15, 64, 172, 1000, 25088}) {
    for (const float offset : {0.0F, 3.0F, 300.0F}) {
      Matrix x = random_matrix(numbers, 2, n, 5.0F);
      for (float& value : x.span()) value += offset;
      const Matrix w = random_matrix(numbers, 1, n), b = random_matrix(numbers, 1, n);
      Matrix y(2, n);
      layer_norm(x, w.span(), b.span(), eps, y, {});
      for (int r = 0; r < 2; ++r) {
        double mean = 0.0, size = 0.0, square = 0.0;
        for (int i = 0; i < n; ++i) mean += x(r, i) / static_cast<double>(n), size += std::abs(x(r, i));
        for (int i = 0; i < n; ++i) square += (x(r, i) - mean) * (x(r, i) - mean);
        const double deviation = std::sqrt(square / n + eps), off = (n / 16.0 + 5) * u * size / n / deviation;
        for (int i = 0; i < n; ++i) {
          const double z = (x(r, i) - mean) / deviation, exact = z * w(0, i) + b(0, i);
          const double bound = std::abs(w(0, i)) * (off + std::abs(z) * ((n / 32.0 + 10) * u + off * off));
          ASSERT_LE(std::abs(y(r, i) - exact), bound + u * std::abs(exact)) << n << " " << offset;
        }
      }
    }
  }
}

TEST(LayerNorm, ARowIsCentredAndScaled) {
  Numbers numbers(3);
  const Matrix x = random_matrix(numbers, 1, 784, 2.0F);
  Matrix ones(1, 784), zeros(1, 784), y(1, 784);
  for (float& value : ones.span()) value = 1.0F;
  layer_norm(x, ones.span(), zeros.span(), eps, y, {});
  double mean = 0.0, square = 0.0;
  for (const float value : y.span()) mean += value, square += static_cast<double>(value) * value;
  EXPECT_NEAR(mean / 784, 0.0, 1e-6);
  EXPECT_NEAR(square / 784, 1.0, 1e-4);
  for (float& value : y.span()) value = 7.0F;  // all alike: nothing but the bias is left
  layer_norm(y, ones.span(), x.span(), eps, zeros, {});
  EXPECT_TRUE(same_bits(zeros, x));
}

}  // namespace
}  // namespace orrery::kernels
