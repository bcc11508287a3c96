#include "kernels/tensor.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace orrery::kernels {
namespace {

TEST(Matrix, IsZeroAndAligned) {
  const Matrix m(3, 5);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(m.data()) % 64, 0U);
  for (const float value : m.span()) EXPECT_EQ(value, 0.0F);
}

TEST(Matrix, ViewsShareMemoryAndCopiesDoNot) {
  Matrix m(3, 5);
  m.view()(2, 4) = 7.0F;
  EXPECT_EQ(m(2, 4), 7.0F);
  const Matrix copy = Matrix::copy(m);
  m(2, 4) = 8.0F;
  EXPECT_EQ(copy(2, 4), 7.0F);
}

TEST(MatrixView, SlicesKeepTheStride) {
  Matrix m(4, 6);
  m(2, 3) = 1.0F;
  const MatrixView slice = m.view().slice_rows(1, 2).slice_cols(2, 3);
  EXPECT_EQ(slice.rows, 2);
  EXPECT_EQ(slice.cols, 3);
  EXPECT_EQ(slice(1, 1), 1.0F);
  EXPECT_THROW(m.view().slice_rows(3, 2), ContractError);
  EXPECT_THROW(m.view().slice_cols(-1, 2), ContractError);
}

}  // namespace
}  // namespace orrery::kernels
