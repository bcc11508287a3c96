#include "sim/execution/rounding.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/e4m3.hpp"

namespace orrery::sim::execution {
namespace {

float absmax(const float* x, int count) {
  float most = 0.0F;
  for (int i = 0; i < count; ++i) most = std::max(most, std::fabs(x[i]));
  return most;
}

}  // namespace

float as_e4m3(float x) { return kernels::from_e4m3(kernels::to_e4m3(x)); }

void round_e4m3(kernels::MatrixView x, int width) {
  EXPECT(x.cols % width == 0);
  for (int r = 0; r < x.rows; ++r) {
    for (int at = 0; at < x.cols; at += width) {
      float* values = x.row(r) + at;
      const float scale = absmax(values, width) / 448.0F;
      if (scale == 0.0F) continue;
      for (int i = 0; i < width; ++i) values[i] = as_e4m3(values[i] / scale) * scale;
    }
  }
}

Int8Rows to_int8_rows(kernels::ConstMatrixView x) {
  Int8Rows out{x.rows, x.cols, {}, {}};
  out.values.resize(static_cast<std::size_t>(x.rows) * static_cast<std::size_t>(x.cols));
  for (int r = 0; r < x.rows; ++r) {
    const float scale = absmax(x.row(r), x.cols) / 127.0F;
    out.scales.push_back(scale);
    std::int8_t* q = out.values.data() + static_cast<std::ptrdiff_t>(r) * x.cols;
    for (int c = 0; c < x.cols && scale > 0.0F; ++c)
      q[c] = static_cast<std::int8_t>(std::clamp(std::nearbyint(x(r, c) / scale), -127.0F, 127.0F));
  }
  return out;
}

std::vector<std::int32_t> multiply(const Int8Rows& x, const Int8Rows& w) {
  EXPECT(x.cols == w.cols && x.cols < 1 << 17);  // 127 * 127 * 2^17 < 2^31
  std::vector<std::int32_t> z(static_cast<std::size_t>(x.rows) * static_cast<std::size_t>(w.rows));
  for (int r = 0; r < x.rows; ++r) {
    const std::int8_t* a = x.row(r);
    for (int c = 0; c < w.rows; ++c) {
      const std::int8_t* b = w.row(c);
      std::int32_t sum = 0;
      for (int i = 0; i < x.cols; ++i) sum += std::int32_t{a[i]} * b[i];
      z[static_cast<std::size_t>(r) * static_cast<std::size_t>(w.rows) + static_cast<std::size_t>(c)] = sum;
    }
  }
  return z;
}

}  // namespace orrery::sim::execution
