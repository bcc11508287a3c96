#include "kernels/gemm.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace orrery::kernels::ref {
namespace {

// A block of 32 values, or of fewer and zeros.
struct Block {
  float scale = 0.0F;
  int q[weight_block] = {};
};

Block quantise(const float* x, int count) {
  Block out;
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
  for (int i = 0; i < count; ++i) out.q[i] = static_cast<int>(std::nearbyint(x[i] * inverse));
  return out;
}

// Block j of an encoded row; quant.hpp has the formats.
Block weights(WeightType type, const std::byte* row, int j) {
  const std::byte* from = row + static_cast<std::size_t>(j) * encoded_bytes(type, 1, weight_block);
  std::uint16_t half = 0;
  std::memcpy(&half, from, sizeof half);
  Block out;
  out.scale = from_half(half);
  for (int i = 0; i < weight_block; ++i) {
    if (type == WeightType::int8) {
      out.q[i] = static_cast<std::int8_t>(from[2 + i]);
    } else {
      const auto byte = std::to_integer<int>(from[2 + i % 16]);
      out.q[i] = (i < 16 ? byte & 15 : byte >> 4) - 8;
    }
  }
  return out;
}

float product(const float* x, const EncodedView& w, int c, int k_block) {
  const int blocks = (w.cols + weight_block - 1) / weight_block, chain = (k_block + weight_block - 1) / weight_block;
  float total = 0.0F;
  for (int j0 = 0; j0 < blocks; j0 += chain) {
    float s = 0.0F;
    for (int j = j0; j < std::min(j0 + chain, blocks); ++j) {
      const Block a = quantise(x + j * weight_block, std::min(weight_block, w.cols - j * weight_block));
      const Block b = weights(w.type, w.row(c).data(), j);
      int dot = 0;
      for (int i = 0; i < weight_block; ++i) dot += a.q[i] * b.q[i];
      s = std::fma(static_cast<float>(dot), a.scale * b.scale, s);
    }
    total = j0 == 0 ? s : total + s;
  }
  return total;
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
  for (int r = 0; r < y.rows; ++r)
    for (int c = 0; c < y.cols; ++c) y(r, c) = product(x.row(r), w, c, k_block);
}

}  // namespace orrery::kernels::ref
