#include "kernels/packed.hpp"

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

TEST(PackedMatrix, HoldsEveryEncodedWeightOfEveryType) {
  Numbers numbers(31);
  for (const WeightType type : {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4}) {
    const int n = 70, k = 45;
    const Matrix w = random_matrix(numbers, n, k);
    const auto bytes = encode(type, w);
    Matrix stored(n, k);
    decode({type, bytes, n, k}, stored);
    const PackedMatrix rounded(w, type), moved(EncodedView{type, bytes, n, k});
    for (int c = 0; c < n; ++c) {
      for (int i = 0; i < k; ++i) {
        EXPECT_EQ(rounded.at(c, i), stored(c, i)) << name(type);
        EXPECT_EQ(moved.at(c, i), stored(c, i)) << name(type);
      }
    }
  }
}

TEST(PackedMatrix, SetRowsReplacesWhatWasThere) {
  Numbers numbers(32);
  for (const WeightType type : {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4}) {
    const Matrix a = random_matrix(numbers, 40, 64), b = random_matrix(numbers, 13, 64);
    PackedMatrix both(a, type);
    both.set_rows(20, b);
    const PackedMatrix only_a(a, type), only_b(b, type);
    for (int c = 0; c < 40; ++c)
      for (int i = 0; i < 64; ++i)
        EXPECT_EQ(both.at(c, i), c >= 20 && c < 33 ? only_b.at(c - 20, i) : only_a.at(c, i)) << name(type);
  }
}

TEST(PackedMatrix, TakesTheBytesThatTheTypeStates) {
  EXPECT_EQ(PackedMatrix(32, 64, WeightType::fp32).bytes(), 32U * 64 * 4);
  EXPECT_EQ(PackedMatrix(32, 64, WeightType::bf16).bytes(), 32U * 64 * 2);
  EXPECT_EQ(PackedMatrix(32, 64, WeightType::int8).bytes(), 32U * 2 * 34);
  EXPECT_EQ(PackedMatrix(33, 33, WeightType::int4).bytes(), 64U * 2 * 18);
}

TEST(PackedMatrix, RefusesRowsThatDoNotFit) {
  PackedMatrix w(40, 64, WeightType::int8);
  EXPECT_THROW(w.set_rows(39, Matrix(2, 64)), ContractError);
  EXPECT_THROW(w.set_rows(0, Matrix(2, 63)), ContractError);
  const auto bytes = encode(WeightType::int4, Matrix(2, 64));
  EXPECT_THROW(w.set_rows(0, EncodedView{WeightType::int4, bytes, 2, 64}), ContractError);  // another type
  const auto short_bytes = encode(WeightType::int8, Matrix(1, 64));
  EXPECT_THROW(w.set_rows(0, EncodedView{WeightType::int8, short_bytes, 2, 64}), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
