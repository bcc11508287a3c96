#include "sim/verification/freivalds_check.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace orrery::sim::verification::freivalds {
namespace {

kernels::Matrix random_rows(int rows, int cols, std::uint32_t which) {
  Draw draw(9, Stream::test, which);
  kernels::Matrix x(rows, cols);
  for (float& v : x.span()) v = static_cast<float>(draw.normal());
  return x;
}

TEST(Freivalds, TheTruePassesAndAnyOtherDoesNot) {
  const execution::Int8Rows w = execution::to_int8_rows(random_rows(40, 60, 1));
  const execution::Int8Rows x = execution::to_int8_rows(random_rows(1, 60, 2));
  std::vector<std::int32_t> z = execution::multiply(x, w);
  Draw draw(1, Stream::test, 3);
  for (int i = 0; i < 50; ++i) {
    const FieldProbe probe = field_probe(w, draw);
    EXPECT_TRUE(passes(probe, x.values, z));
    z[static_cast<std::size_t>(draw.below(40))] += 1;
    EXPECT_FALSE(passes(probe, x.values, z)) << "misses one in 4e9";
    z = execution::multiply(x, w);
  }
}

TEST(Freivalds, BitsMissHalfOfTheTime) {
  const execution::Int8Rows w = execution::to_int8_rows(random_rows(40, 60, 1));
  const execution::Int8Rows x = execution::to_int8_rows(random_rows(1, 60, 2));
  std::vector<std::int32_t> z = execution::multiply(x, w);
  z[7] += 3;
  Draw draw(1, Stream::test, 4);
  int missed = 0;
  constexpr int trials = 4000;
  for (int i = 0; i < trials; ++i) missed += passes(field_probe(w, draw, true), x.values, z) ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(missed) / trials, 0.5, 4 * 0.5 / std::sqrt(trials));
}

TEST(Freivalds, AFloatingPointErrorIsMissedWithErfOfToleranceOverNorm) {
  const kernels::Matrix weights = random_rows(64, 48, 5), x = random_rows(1, 48, 6), error = random_rows(1, 64, 7);
  const kernels::PackedMatrix w(weights);
  double norm = 0;
  for (const float e : error.span()) norm += static_cast<double>(e) * e;
  norm = std::sqrt(norm);
  std::vector<float> z(64);
  for (int r = 0; r < 64; ++r) {
    double sum = 0;
    for (int i = 0; i < 48; ++i) sum += static_cast<double>(weights(r, i)) * x(0, i);
    z[static_cast<std::size_t>(r)] = static_cast<float>(sum + error(0, r));
  }
  Draw draw(1, Stream::test, 8);
  constexpr int trials = 3000;
  for (const double ratio : {1.0, 0.3}) {
    int missed = 0;
    for (int i = 0; i < trials; ++i)
      missed += std::fabs(residual(gauss_probe(w, draw), x.span(), z)) <= ratio * norm ? 1 : 0;
    const double expected = std::erf(ratio / std::sqrt(2.0));
    EXPECT_NEAR(static_cast<double>(missed) / trials, expected, 4 * std::sqrt(expected * (1 - expected) / trials));
  }
}

}  // namespace
}  // namespace orrery::sim::verification::freivalds
