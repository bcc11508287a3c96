// Values as formats with fewer bits would hold them, still in fp32: what a node computes with that saves on precision.
// Rounded to nearest, even on a tie.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/tensor.hpp"

namespace orrery::sim::execution {

float as_e4m3(float x);  // beyond 448: 448, as the "fn" variant saturates

// Each stretch of `width` columns of a row becomes e4m3 times its own scale, absmax / 448.
void round_e4m3(kernels::MatrixView x, int width);

// Rows as int8 with one scale a row, absmax / 127.
struct Int8Rows {
  int rows = 0, cols = 0;
  std::vector<std::int8_t> values;  // [rows, cols]
  std::vector<float> scales;        // [rows]
  const std::int8_t* row(int r) const { return values.data() + static_cast<std::ptrdiff_t>(r) * cols; }
};
Int8Rows to_int8_rows(kernels::ConstMatrixView x);
// z[r, c] = sum_i x(r, i) w(c, i), exact.
std::vector<std::int32_t> multiply(const Int8Rows& x, const Int8Rows& w);

}  // namespace orrery::sim::execution
