#include "sim/verification/toploc_proof.hpp"

#include <bit>

#include <gtest/gtest.h>

#include "kernels/quant.hpp"
#include "sim/random.hpp"

namespace orrery::sim::verification::toploc {
namespace {

kernels::Matrix random_rows(int rows, int cols, std::uint32_t which) {
  Draw draw(8, Stream::test, which);
  kernels::Matrix x(rows, cols);
  for (float& v : x.span()) v = static_cast<float>(draw.normal());
  return x;
}

TEST(Toploc, ThePolynomialGoesThroughItsPoints) {
  for (int k : {1, 2, 16, 128, 300}) {
    const Top top = top_k(random_rows(32, 96, static_cast<std::uint32_t>(k)), k);
    const Proof proof = prove(top);
    ASSERT_EQ(static_cast<int>(proof.coefficients.size()), k);
    for (std::size_t i = 0; i < top.positions.size(); ++i) EXPECT_EQ(evaluate(proof, top.positions[i]), top.values[i]);
  }
}

TEST(Toploc, PositionsBeyondTheFieldAreToldApart) {
  // 200 x 1024 values: positions up to 204,799 fold into the field; the modulus keeps them apart.
  const Top top = top_k(random_rows(200, 1024, 7), 128);
  const Proof proof = prove(top);
  EXPECT_GE(proof.modulus, least_modulus);
  for (std::size_t i = 0; i < top.positions.size(); ++i) EXPECT_EQ(evaluate(proof, top.positions[i]), top.values[i]);
}

TEST(Toploc, EqualRowsAreAtDistanceZeroAndUnrelatedOnesAreNot) {
  const auto compare_rows = [](const kernels::Matrix& a, const kernels::Matrix& b) {
    return *compare(prove(top_k(a, 128)), top_k(b, 128));
  };
  const kernels::Matrix x = random_rows(32, 128, 1);
  const Comparison same = compare_rows(x, x);
  EXPECT_EQ(same.exponent_mismatches, 0);
  EXPECT_EQ(same.mean_mantissa, 0);
  EXPECT_EQ(same.median_mantissa, 0);
  EXPECT_EQ(same.distance, 0);
  EXPECT_TRUE(accepts_as_published(same));
  const Comparison other = compare_rows(x, random_rows(32, 128, 2));
  EXPECT_GE(other.exponent_mismatches, 120);
  EXPECT_FALSE(accepts_as_published(other));
}

TEST(Toploc, NoisePushesTheScoreUp) {
  const kernels::Matrix x = random_rows(32, 128, 1), noise = random_rows(32, 128, 3);
  double last = -1;
  for (const float level : {0.0F, 0.001F, 0.01F, 0.05F, 0.2F}) {
    kernels::Matrix y = kernels::Matrix::copy(x);
    for (std::size_t i = 0; i < y.size(); ++i) y.span()[i] *= 1 + level * noise.span()[i];
    const double distance = compare(prove(top_k(x, 128)), top_k(y, 128))->distance;
    EXPECT_GT(distance, last);
    last = distance;
  }
}

TEST(Toploc, WhatNoProverMakesIsNoProof) {
  const Top own = top_k(random_rows(32, 128, 1), 128);
  const Proof good = prove(own);
  Proof bad = good;
  bad.modulus = 0;
  EXPECT_FALSE(compare(bad, own));
  bad.modulus = least_modulus - 1;
  EXPECT_FALSE(compare(bad, own));
  bad.modulus = 65535;
  EXPECT_FALSE(compare(bad, own));
  bad = good;
  bad.coefficients.pop_back();
  EXPECT_FALSE(compare(bad, own));
  bad = good;
  bad.coefficients[5] = 65500;
  EXPECT_FALSE(compare(bad, own));
}

TEST(Toploc, WhatTheFieldCannotHoldGivesTheNullProof) {
  kernels::Matrix x = random_rows(4, 64, 1);
  x(1, 3) = std::bit_cast<float>(0xffffffffu);  // a NaN: the only bf16 patterns beyond the prime are some of them
  const Proof proof = prove(top_k(x, 16));
  EXPECT_EQ(proof.modulus, 0);
  EXPECT_FALSE(compare(proof, top_k(x, 16)));
}

}  // namespace
}  // namespace orrery::sim::verification::toploc
