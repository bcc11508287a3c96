// Row-major fp32 matrices: one that owns its memory and two views that do not.
//
// Element (r, c) lies at data[r * stride + c], stride >= cols, counted in floats. A view of a vector is a matrix of one
// row. Shapes are int because no model here has a dimension of two billion; offsets are ptrdiff_t because products are.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

#include "kernels/contract.hpp"
#include "kernels/pages.hpp"

namespace orrery::kernels {

struct ConstMatrixView {
  const float* data = nullptr;
  int rows = 0, cols = 0;
  std::ptrdiff_t stride = 0;

  const float* row(int r) const { return data + r * stride; }
  float operator()(int r, int c) const { return row(r)[c]; }
  std::span<const float> row_span(int r) const { return {row(r), static_cast<std::size_t>(cols)}; }

  ConstMatrixView slice_rows(int first, int count) const {
    EXPECT(first >= 0 && count >= 0 && first + count <= rows);
    return {row(first), count, cols, stride};
  }
  ConstMatrixView slice_cols(int first, int count) const {
    EXPECT(first >= 0 && count >= 0 && first + count <= cols);
    return {data + first, rows, count, stride};
  }
};

struct MatrixView {
  float* data = nullptr;
  int rows = 0, cols = 0;
  std::ptrdiff_t stride = 0;

  float* row(int r) const { return data + r * stride; }
  float& operator()(int r, int c) const { return row(r)[c]; }
  std::span<float> row_span(int r) const { return {row(r), static_cast<std::size_t>(cols)}; }
  operator ConstMatrixView() const { return {data, rows, cols, stride}; }

  MatrixView slice_rows(int first, int count) const {
    EXPECT(first >= 0 && count >= 0 && first + count <= rows);
    return {row(first), count, cols, stride};
  }
  MatrixView slice_cols(int first, int count) const {
    EXPECT(first >= 0 && count >= 0 && first + count <= cols);
    return {data + first, rows, count, stride};
  }
};

// Frees what allocate_floats gave.
struct AlignedDelete {
  void operator()(float* p) const { ::operator delete[](p, std::align_val_t{64}); }
};
using FloatBuffer = std::unique_ptr<float[], AlignedDelete>;

// count floats, 64-byte aligned (a cache line, and the widest vector), not initialised; many of them on huge pages.
inline FloatBuffer allocate_floats(std::size_t count) {
  FloatBuffer buffer(static_cast<float*>(::operator new[](count * sizeof(float), std::align_val_t{64})));
  prefer_huge_pages(buffer.get(), count * sizeof(float));
  return buffer;
}

// Owns rows x cols floats without padding (stride == cols), set to zero. Moves; copies only through copy().
class Matrix {
 public:
  Matrix() = default;
  Matrix(int rows, int cols) : rows_(rows), cols_(cols) {
    EXPECT(rows >= 0 && cols >= 0);
    data_ = allocate_floats(size());
    for (std::size_t i = 0; i < size(); ++i) data_[i] = 0.0F;
  }
  static Matrix copy(ConstMatrixView from) {
    Matrix to(from.rows, from.cols);
    for (int r = 0; r < from.rows; ++r)
      for (int c = 0; c < from.cols; ++c) to(r, c) = from(r, c);
    return to;
  }

  int rows() const { return rows_; }
  int cols() const { return cols_; }
  std::size_t size() const { return static_cast<std::size_t>(rows_) * static_cast<std::size_t>(cols_); }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::span<float> span() { return {data(), size()}; }
  std::span<const float> span() const { return {data(), size()}; }
  float* row(int r) { return data() + static_cast<std::ptrdiff_t>(r) * cols_; }
  const float* row(int r) const { return data() + static_cast<std::ptrdiff_t>(r) * cols_; }
  float& operator()(int r, int c) { return row(r)[c]; }
  float operator()(int r, int c) const { return row(r)[c]; }
  MatrixView view() { return {data(), rows_, cols_, cols_}; }
  ConstMatrixView view() const { return {data(), rows_, cols_, cols_}; }
  operator MatrixView() { return view(); }
  operator ConstMatrixView() const { return view(); }

 private:
  int rows_ = 0, cols_ = 0;
  FloatBuffer data_;
};

}  // namespace orrery::kernels
