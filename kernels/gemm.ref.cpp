#include "kernels/gemm.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace orrery::kernels::ref {
namespace {

// Integers that share a scale.
struct Block {
  float scale = 0.0F;
  std::vector<int> q;
};

Block quantise(const float* x, int count) {
  Block out{0.0F, std::vector<int>(static_cast<std::size_t>(count))};
  float most = 0.0F;
  bool finite = true;
  for (int i = 0; i < count; ++i) {
    most = std::max(most, std::fabs(x[i]));
    finite = finite && std::isfinite(x[i]);
  }
  if (!finite) out.scale = std::numeric_limits<float>::quiet_NaN();
  if (!finite || most < 0x1p-100F) return out;
  out.scale = most / 127.0F;
  const float inverse = 127.0F / most;
  for (int i = 0; i < count; ++i) out.q[static_cast<std::size_t>(i)] = static_cast<int>(std::nearbyint(x[i] * inverse));
  return out;
}

// Block j of an encoded row; quant.hpp has the formats.
Block weights(WeightType type, const std::byte* row, int j) {
  const std::byte* from = row + static_cast<std::size_t>(j) * encoded_bytes(type, 1, weight_block);
  std::uint16_t half = 0;
  std::memcpy(&half, from, sizeof half);
  Block out{from_half(half), {}};
  for (int i = 0; i < weight_block; ++i) {
    const auto byte = std::to_integer<int>(from[2 + (type == WeightType::int8 ? i : i % 16)]);
    out.q.push_back(type == WeightType::int8 ? static_cast<std::int8_t>(byte) : (i < 16 ? byte & 15 : byte >> 4) - 8);
  }
  return out;
}

float product(const float* x, const EncodedView& w, int c, int k_block) {
  float y = 0.0F;
  for (int k0 = 0; k0 < w.cols; k0 += k_block) {
    const int steps = std::min(k_block, w.cols - k0);
    const Block a = quantise(x + k0, steps);
    float s = 0.0F;
    for (int j = 0; j < steps; j += weight_block) {
      const Block b = weights(w.type, w.row(c).data(), (k0 + j) / weight_block);
      int dot = 0;
      for (int i = j; i < std::min(j + weight_block, steps); ++i)
        dot += a.q[static_cast<std::size_t>(i)] * b.q[static_cast<std::size_t>(i - j)];
      s = std::fma(static_cast<float>(dot), b.scale, s);
    }
    y = std::fma(s, a.scale, y);
  }
  return y;
}

}  // namespace

void gemm(ConstMatrixView x, ConstMatrixView w, MatrixView y, int k_block) {
  EXPECT(x.cols == w.cols && y.rows == x.rows && y.cols == w.rows && k_block >= 1);
  for (int r = 0; r < y.rows; ++r) {
    for (int c = 0; c < y.cols; ++c) {
      float total = 0.0F;
      for (int k0 = 0; k0 < x.cols; k0 += k_block) {
        float sum = 0.0F;
        for (int i = k0; i < x.cols && i - k0 < k_block; ++i) sum = std::fma(x(r, i), w(c, i), sum);
        total = k0 == 0 ? sum : total + sum;
      }
      y(r, c) = total;
    }
  }
}

void gemm(ConstMatrixView x, const EncodedView& w, MatrixView y, int k_block) {
  EXPECT(x.cols == w.cols && y.rows == x.rows && y.cols == w.rows && k_block >= 1);
  if (w.type == WeightType::fp32 || w.type == WeightType::bf16) {
    Matrix exact(w.rows, w.cols);
    decode(w, exact);
    return gemm(x, ConstMatrixView(exact), y, k_block);
  }
  const int whole = (std::min(k_block, std::max(x.cols, 1)) + weight_block - 1) / weight_block * weight_block;
  for (int r = 0; r < y.rows; ++r)
    for (int c = 0; c < y.cols; ++c) y(r, c) = product(x.row(r), w, c, whole);
}

}  // namespace orrery::kernels::ref
