// Matrices of reproducible numbers for the kernels' tests, at any alignment.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

// The same numbers on every standard library (SplitMix64).
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  float real(float low, float high) { return low + static_cast<float>(unit()) * (high - low); }
  int integer(int low, int high) { return low + static_cast<int>(bits() % static_cast<std::uint64_t>(high - low + 1)); }

 private:
  std::uint64_t state_;
};

inline Matrix random_matrix(Numbers& numbers, int rows, int cols, float range = 1.0F) {
  Matrix out(rows, cols);
  for (float& value : out.span()) value = numbers.real(-range, range);
  return out;
}

// Rows of a view lie `stride - cols` floats apart and start `offset` floats past a cache line; what lies between them
// is a canary.
class Strided {
 public:
  Strided(int rows, int cols, int gap, int offset)
      : buffer_(allocate_floats(static_cast<std::size_t>(offset) +
                                static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols + gap))),
        rows_(rows),
        cols_(cols),
        gap_(gap),
        offset_(offset) {
    for (int i = 0; i < offset + rows * (cols + gap); ++i) buffer_[static_cast<std::size_t>(i)] = canary;
  }
  MatrixView view() { return {buffer_.get() + offset_, rows_, cols_, cols_ + gap_}; }
  void fill(Numbers& numbers, float range = 1.0F) {
    for (int r = 0; r < rows_; ++r)
      for (int c = 0; c < cols_; ++c) view()(r, c) = numbers.real(-range, range);
  }
  // Whether nothing outside the rows was written.
  bool intact() {
    for (int r = 0; r < rows_; ++r)
      for (int c = 0; c < gap_; ++c)
        if (view().row(r)[cols_ + c] != canary) return false;
    for (int i = 0; i < offset_; ++i)
      if (buffer_[static_cast<std::size_t>(i)] != canary) return false;
    return true;
  }

 private:
  static constexpr float canary = -12345.0F;
  FloatBuffer buffer_;
  int rows_, cols_, gap_, offset_;
};

// Bit for bit, so that -0 differs from 0 and a NaN equals itself.
inline ::testing::AssertionResult same_bits(ConstMatrixView a, ConstMatrixView b) {
  if (a.rows != b.rows || a.cols != b.cols) return ::testing::AssertionFailure() << "shapes differ";
  for (int r = 0; r < a.rows; ++r)
    for (int c = 0; c < a.cols; ++c)
      if (std::bit_cast<std::uint32_t>(a(r, c)) != std::bit_cast<std::uint32_t>(b(r, c)))
        return ::testing::AssertionFailure()
               << "element (" << r << ", " << c << ") is " << a(r, c) << " and " << b(r, c);
  return ::testing::AssertionSuccess();
}

// The paths that this machine can run.
inline std::vector<Isa> isas() {
  std::vector<Isa> out;
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512})
    if (supported(isa)) out.push_back(isa);
  return out;
}

// Half an ulp of 1: the relative error of one fp32 rounding.
constexpr double u = 0x1p-24;

}  // namespace orrery::kernels
