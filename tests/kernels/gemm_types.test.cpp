// The products of bf16, int8 and int4 weights, and what all weight types have in common.
#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "kernels/gemm.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels {
namespace {

constexpr WeightType types[] = {WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4};

// Weights in one of the types, and what the twins read.
struct Weights {
  std::vector<std::byte> bytes;
  EncodedView view;
  PackedMatrix packed;

  Weights(WeightType type, const Matrix& w)
      : bytes(encode(type, w)), view{type, bytes, w.rows(), w.cols()}, packed(view) {}
};

// Columns far apart in size, with whole blocks of zeros: scales that differ, and a scale of 0.
Matrix activations(Numbers& numbers, int m, int k) {
  Matrix x = random_matrix(numbers, m, k);
  for (int r = 0; r < m; ++r)
    for (int i = 0; i < k; ++i) x(r, i) *= i / 32 % 5 == 3 ? 0.0F : std::ldexp(1.0F, (r + i / 32 * 7) % 23 - 11);
  return x;
}

TEST(GemmTypes, EqualTheTwinBitForBitForAnyShapePathAndThreadCount) {
  Numbers numbers(21);
  for (int round = 0; round < 120; ++round) {
    const int m = numbers.integer(1, round % 10 == 0 ? 260 : 30);
    const int k = numbers.integer(1, 700), n = numbers.integer(1, m > 30 ? 40 : 200);
    const Matrix x = activations(numbers, m, k), w = random_matrix(numbers, n, k);
    const WeightType type = types[round % 4];
    const Weights weights(type, w);
    Matrix want(m, n), got(m, n);
    ref::gemm(x, weights.view, want);
    for (const Isa isa : isas()) {
      Workspace workspace({isa, numbers.integer(1, 4)});
      gemm(x, weights.packed, got, workspace);
      EXPECT_TRUE(same_bits(got, want)) << name(type) << " " << name(isa) << " " << m << " " << k << " " << n;
    }
  }
}

// One row goes through all panels in streams side by side: any number of panels, with a last one that is not full, and
// blocks along k that are not whole either; more threads than panels too.
TEST(GemmTypes, OneRowEqualsTheTwinForAnyNumberOfPanels) {
  Numbers numbers(26);
  for (int panels = 1; panels <= 11; ++panels) {
    const int k = numbers.integer(200, 600), n = 32 * panels - numbers.integer(0, 31);
    const Matrix x = activations(numbers, 1, k), w = random_matrix(numbers, n, k);
    for (const WeightType type : types) {
      const Weights weights(type, w);
      for (const int k_block : {256, 100}) {
        Matrix want(1, n), got(1, n);
        ref::gemm(x, weights.view, want, k_block);
        for (const Isa isa : isas()) {
          Workspace workspace({isa, 1}, {k_block});
          gemm(x, weights.packed, got, workspace);
          EXPECT_TRUE(same_bits(got, want)) << name(type) << " " << name(isa) << " " << k << " " << n;
        }
      }
    }
  }
}

TEST(GemmTypes, OneRowIsSharedByAnyNumberOfThreads) {
  Numbers numbers(27);
  const int k = 9000, n = 120;  // enough work for threads, few panels for them
  const Matrix x = activations(numbers, 1, k), w = random_matrix(numbers, n, k);
  for (const WeightType type : types) {
    const PackedMatrix packed(w, type);
    for (const Isa isa : isas()) {
      Matrix alone(1, n);
      Workspace one({isa, 1});
      gemm(x, packed, alone, one);
      for (const int threads : {2, 3, 4, 7}) {
        Matrix got(1, n);
        Workspace shared({isa, threads});
        gemm(x, packed, got, shared);
        EXPECT_TRUE(same_bits(got, alone)) << name(type) << " " << name(isa) << " " << threads;
      }
    }
  }
}

TEST(GemmTypes, ARowHasTheSameBitsInAnyBatchAndOnAnyThread) {
  Numbers numbers(22);
  const int most = 29, k = 333, n = 1100;
  const Matrix x = activations(numbers, most, k), w = random_matrix(numbers, n, k);
  for (const WeightType type : types) {
    const PackedMatrix packed(w, type);
    for (const Isa isa : isas()) {
      Matrix alone(most, n);
      Workspace one({isa, 1});
      for (int r = 0; r < most; ++r) gemm(x.view().slice_rows(r, 1), packed, alone.view().slice_rows(r, 1), one);
      for (int m = 1; m <= most; m += isa == Isa::portable ? 7 : 1) {
        Matrix batch(m, n);
        Workspace shared({isa, 1 + m % 4});
        gemm(x.view().slice_rows(most - m, m), packed, batch, shared);
        EXPECT_TRUE(same_bits(batch, alone.view().slice_rows(most - m, m))) << name(type) << name(isa) << m;
      }
    }
  }
}

TEST(GemmTypes, AnotherBlockLengthIsAnotherDevice) {
  Numbers numbers(23);
  const Matrix x = random_matrix(numbers, 3, 1000), w = random_matrix(numbers, 50, 1000);
  for (const WeightType type : types) {
    const Weights weights(type, w);
    Matrix canonical(3, 50), want(3, 50), got(3, 50);
    ref::gemm(x, weights.view, canonical);
    for (const int k_block : {1, 64, 100, 1000, 5000}) {
      ref::gemm(x, weights.view, want, k_block);
      for (const Isa isa : isas()) {
        Workspace workspace({isa, 2}, {k_block});
        gemm(x, weights.packed, got, workspace);
        EXPECT_TRUE(same_bits(got, want)) << name(type) << k_block;
      }
      EXPECT_FALSE(same_bits(want, canonical)) << name(type) << k_block;
    }
  }
}

TEST(GemmTypes, ErrorStaysWithinTheBound) {
  Numbers numbers(24);
  const int m = 9, k = 900, n = 40;
  const Matrix x = activations(numbers, m, k), w = random_matrix(numbers, n, k);
  for (const WeightType type : types) {
    const Weights weights(type, w);
    const bool blocks = type == WeightType::int8 || type == WeightType::int4;
    Matrix y(m, n), stored(n, k);
    decode(weights.view, stored);
    Workspace workspace;
    gemm(x, weights.packed, y, workspace);
    for (int r = 0; r < m; ++r) {
      for (int c = 0; c < n; ++c) {
        double exact = 0.0, size = 0.0, lost = 0.0;
        for (int i = 0; i < k; ++i) {
          float most = 0.0F;
          for (int j = i / 256 * 256; j < std::min(k, i / 256 * 256 + 256); ++j)
            most = std::max(most, std::fabs(x(r, j)));
          exact += static_cast<double>(x(r, i)) * stored(c, i);
          size += std::abs(static_cast<double>(x(r, i)) * stored(c, i));
          lost += blocks ? 0.501 * most / 127 * std::fabs(stored(c, i)) : 0.0;
        }
        const double roundings = blocks ? 8 + 4 + 2 : 256 + 4;
        ASSERT_LE(std::abs(y(r, c) - exact), lost + roundings * u * (size + lost)) << name(type);
      }
    }
  }
}

// The ends of what bytes can hold: sums that a 16-bit product would lose.
TEST(GemmTypes, ByteProductsAreExactAtTheirLimits) {
  const int m = 7, k = 96, n = 37;
  for (const WeightType type : {WeightType::int8, WeightType::int4}) {
    std::vector<std::byte> bytes = encode(type, Matrix(n, k));
    const std::size_t block = encoded_bytes(type, 1, 32);
    const std::uint16_t one = to_half(1.0F);
    for (std::size_t at = 0; at < bytes.size(); at += block) {
      std::memcpy(&bytes[at], &one, 2);
      // All at the smallest in even blocks (-128 is legal, if unusual), at the largest in odd ones.
      for (std::size_t i = 2; i < block; ++i)
        bytes[at + i] = type == WeightType::int8 ? std::byte(at / block % 2 == 0 ? 0x80 : 0x7F)
                                                 : std::byte(at / block % 2 == 0 ? 0x00 : 0xFF);
    }
    const EncodedView view{type, bytes, n, k};
    Matrix x(m, k), want(m, n), got(m, n);
    for (int r = 0; r < m; ++r)
      for (int i = 0; i < k; ++i) x(r, i) = r % 3 == 0 ? 1.0F : r % 3 == 1 ? -1.0F : (i % 2 == 0 ? 1.0F : -1.0F);
    ref::gemm(x, view, want);
    for (const Isa isa : isas()) {
      Workspace workspace({isa, 1});
      gemm(x, PackedMatrix(view), got, workspace);
      EXPECT_TRUE(same_bits(got, want)) << name(type) << " " << name(isa);
    }
  }
}

TEST(GemmTypes, APoisonedActivationStaysVisibleAndTinyOnesVanish) {
  constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  Numbers numbers(25);
  const Matrix w = random_matrix(numbers, 33, 64);
  for (const WeightType type : types) {
    const PackedMatrix packed(w, type);
    for (const Isa isa : isas()) {
      Workspace workspace({isa, 1});
      for (const float poison : {infinity, -infinity, nan}) {
        Matrix x = random_matrix(numbers, 3, 64), y(3, 33);
        x(1, 40) = poison;
        gemm(x, packed, y, workspace);
        for (int c = 0; c < 33; ++c) {
          EXPECT_TRUE(std::isfinite(y(0, c)) && std::isfinite(y(2, c))) << name(type);
          EXPECT_FALSE(std::isfinite(y(1, c))) << name(type) << " " << name(isa);
        }
      }
      Matrix tiny(1, 64), y(1, 33);
      for (float& value : tiny.span()) value = 0x1p-120F;
      gemm(tiny, packed, y, workspace);
      for (const float value : y.span()) EXPECT_LE(std::fabs(value), 0x1p-112F) << name(type);
    }
  }
}

TEST(GemmTypes, StayInsideStridedRowsAtAnyAlignment) {
  Numbers numbers(26);
  for (const WeightType type : types) {
    for (const Isa isa : isas()) {
      for (const int m : {1, 4, 14}) {
        Strided x(m, 70, 5, m), y(m, 45, 3, m);
        x.fill(numbers);
        const Weights weights(type, random_matrix(numbers, 45, 70));
        Matrix want(m, 45);
        ref::gemm(x.view(), weights.view, want);
        Workspace workspace({isa, 1});
        gemm(x.view(), weights.packed, y.view(), workspace);
        EXPECT_TRUE(same_bits(y.view(), want));
        EXPECT_TRUE(y.intact());
      }
    }
  }
}

TEST(GemmTypes, AllocateNothingTheSecondTime) {
  Numbers numbers(27);
  const Matrix x = random_matrix(numbers, 100, 300), w = random_matrix(numbers, 64, 300);
  Matrix y(100, 64);
  for (const WeightType type : types) {
    const PackedMatrix packed(w, type);
    Workspace workspace;
    gemm(x, packed, y, workspace);
    const std::size_t after_first = workspace.allocations();
    gemm(x, packed, y, workspace);
    EXPECT_EQ(workspace.allocations(), after_first);
  }
}

}  // namespace
}  // namespace orrery::kernels
