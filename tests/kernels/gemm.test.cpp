#include "kernels/gemm.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

struct Shape {
  int m, k, n;
};

// Around the edges of tiles (6, 12), panels (32), vectors (16), k blocks (256) and row chunks (240), and random ones.
std::vector<Shape> shapes() {
  std::vector<Shape> out{{1, 1, 1},   {1, 256, 32}, {2, 257, 33},  {3, 255, 31}, {5, 512, 64},  {6, 300, 96},
                         {7, 64, 16}, {11, 17, 40}, {12, 513, 65}, {13, 40, 7},  {25, 100, 48}, {241, 30, 35}};
  Numbers numbers(7);
  for (int i = 0; i < 40; ++i)
    out.push_back({numbers.integer(1, 40), numbers.integer(1, 700), numbers.integer(1, 200)});
  return out;
}

TEST(Gemm, EqualsTheTwinBitForBitOnEveryPathAndThreadCount) {
  Numbers numbers(1);
  for (const auto& [m, k, n] : shapes()) {
    const Matrix x = random_matrix(numbers, m, k), w = random_matrix(numbers, n, k);
    const PackedMatrix packed(w);
    Matrix want(m, n);
    ref::gemm(x, w, want);
    for (const Isa isa : isas()) {
      for (const int threads : {1, 2, 3}) {
        Workspace workspace({isa, threads});
        Matrix got(m, n);
        gemm(x, packed, got, workspace);
        EXPECT_TRUE(same_bits(got, want)) << name(isa) << ", " << threads << " threads, " << m << " " << k << " " << n;
      }
    }
  }
}

TEST(Gemm, ThreadsShareLargeProductsWithoutChangingABit) {
  Numbers numbers(2);
  const Matrix x = random_matrix(numbers, 64, 520), w = random_matrix(numbers, 700, 520);
  const PackedMatrix packed(w);
  Workspace one({best_isa(), 1}), four({best_isa(), 4});
  Matrix a(64, 700), b(64, 700);
  gemm(x, packed, a, one);
  gemm(x, packed, b, four);
  EXPECT_TRUE(same_bits(a, b));
}

TEST(Gemm, ARowHasTheSameBitsInAnyBatch) {
  Numbers numbers(3);
  const int most = 50, k = 600, n = 130;
  const Matrix x = random_matrix(numbers, most, k);
  const PackedMatrix packed(random_matrix(numbers, n, k));
  for (const Isa isa : isas()) {
    Workspace workspace({isa, 1});
    Matrix alone(most, n);
    for (int r = 0; r < most; ++r) gemm(x.view().slice_rows(r, 1), packed, alone.view().slice_rows(r, 1), workspace);
    for (int m = 1; m <= most; ++m) {
      Matrix batch(m, n);
      gemm(x.view().slice_rows(most - m, m), packed, batch, workspace);
      EXPECT_TRUE(same_bits(batch, alone.view().slice_rows(most - m, m))) << name(isa) << " batch of " << m;
    }
  }
}

TEST(Gemm, StaysInsideStridedRowsAtAnyAlignment) {
  Numbers numbers(4);
  for (const Isa isa : isas()) {
    for (int offset = 0; offset < 16; offset += 3) {
      for (const int m : {1, 4, 14}) {
        Strided x(m, 70, 5, offset), y(m, 45, 3, offset);
        x.fill(numbers);
        const Matrix w = random_matrix(numbers, 45, 70);
        Matrix want(m, 45);
        ref::gemm(x.view(), w, want);
        Workspace workspace({isa, 1});
        gemm(x.view(), PackedMatrix(w), y.view(), workspace);
        EXPECT_TRUE(same_bits(y.view(), want));
        EXPECT_TRUE(y.intact());
      }
    }
  }
}

// |error| <= (k_block + ceil(k / k_block)) u sum |x w|: a term passes through at most k_block roundings of its chain
// and one for each later block.
TEST(Gemm, ErrorStaysWithinTheBound) {
  Numbers numbers(5);
  for (const auto& [m, k, n] : shapes()) {
    const Matrix x = random_matrix(numbers, m, k), w = random_matrix(numbers, n, k);
    Matrix y(m, n);
    Workspace workspace;
    gemm(x, PackedMatrix(w), y, workspace);
    for (int r = 0; r < m; ++r) {
      for (int c = 0; c < n; ++c) {
        double exact = 0.0, size = 0.0;
        for (int i = 0; i < k; ++i) {
          exact += static_cast<double>(x(r, i)) * w(c, i);
          size += std::abs(static_cast<double>(x(r, i)) * w(c, i));
        }
        ASSERT_LE(std::abs(y(r, c) - exact), (256 + std::ceil(k / 256.0)) * u * size);
      }
    }
  }
}

TEST(Gemm, AnotherBlockLengthIsAnotherDevice) {
  Numbers numbers(6);
  const Matrix x = random_matrix(numbers, 3, 1000), w = random_matrix(numbers, 50, 1000);
  Matrix canonical(3, 50);
  ref::gemm(x, w, canonical);
  for (const int k_block : {1, 64, 100, 1000, 5000}) {
    Matrix want(3, 50), got(3, 50);
    ref::gemm(x, w, want, k_block);
    for (const Isa isa : isas()) {
      Workspace workspace({isa, 2}, {k_block});
      gemm(x, PackedMatrix(w), got, workspace);
      EXPECT_TRUE(same_bits(got, want)) << k_block;
    }
    EXPECT_FALSE(same_bits(got, canonical)) << k_block;
  }
}

TEST(Gemm, AllocatesNothingTheSecondTime) {
  Numbers numbers(8);
  const Matrix x = random_matrix(numbers, 100, 300);
  const PackedMatrix w(random_matrix(numbers, 64, 300));
  Matrix y(100, 64);
  Workspace workspace;
  gemm(x, w, y, workspace);
  const std::size_t after_first = workspace.allocations();
  gemm(x, w, y, workspace);
  EXPECT_EQ(workspace.allocations(), after_first);
}

TEST(Gemm, NothingTimesNothingIsZero) {
  Matrix x(2, 0), y(2, 3);
  y(1, 1) = 5.0F;
  Workspace workspace;
  gemm(x, PackedMatrix(3, 0), y, workspace);
  for (const float value : y.span()) EXPECT_EQ(value, 0.0F);
}

TEST(PackedMatrix, SetRowsPutsWeightsSideBySide) {
  Numbers numbers(9);
  const Matrix a = random_matrix(numbers, 40, 9), b = random_matrix(numbers, 13, 9);
  PackedMatrix both(53, 9);
  both.set_rows(0, a);
  both.set_rows(40, b);
  for (int c = 0; c < 53; ++c)
    for (int i = 0; i < 9; ++i) EXPECT_EQ(both.at(c, i), c < 40 ? a(c, i) : b(c - 40, i));
  EXPECT_THROW(both.set_rows(41, b), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
