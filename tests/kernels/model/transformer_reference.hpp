// What transformer blocks are made of, twice more: from the naive twins, whose bits the fast ones must have, and in
// double arithmetic that shares no code with the kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/attention.hpp"
#include "kernels/gelu.hpp"
#include "kernels/layer_norm.hpp"
#include "kernels/model/linear.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {

inline std::vector<float> random_vector(Numbers& numbers, int n, float middle, float range) {
  std::vector<float> out(static_cast<std::size_t>(n));
  for (float& v : out) v = numbers.real(middle - range, middle + range);
  return out;
}

// Weights of a product before they are packed.
struct RawLinear {
  Matrix w;
  std::vector<float> b;

  RawLinear(Numbers& numbers, int out, int in, float range = 1.0F)
      : w(random_matrix(numbers, out, in, range * 1.7F / std::sqrt(static_cast<float>(in)))),
        b(random_vector(numbers, out, 0, 0.3F)) {}
  Linear packed() const { return Linear(w, b); }
};

inline std::span<const float> all(const std::vector<float>& v) { return v; }

struct Twins {
  Numerics numerics = {};

  Matrix rounded(Matrix x) const {
    ref::round_to(numerics.activations, x);
    return x;
  }
  Matrix linear(const Matrix& x, const RawLinear& w) const {
    Matrix y(x.rows(), w.w.rows());
    ref::gemm(x, w.w, y, numerics.k_block);
    for (int r = 0; r < y.rows(); ++r)
      for (int i = 0; i < y.cols(); ++i) y(r, i) += w.b[static_cast<std::size_t>(i)];
    return rounded(std::move(y));
  }
  Matrix norm(const Matrix& x, std::span<const float> w, std::span<const float> b, float eps) const {
    Matrix y(x.rows(), x.cols());
    ref::layer_norm(x, w, b, eps, y);
    return rounded(std::move(y));
  }
  Matrix gelu(Matrix x, Gelu form) const {
    ref::gelu(form, x, x);
    return rounded(std::move(x));
  }
  Matrix plus(Matrix x, const Matrix& y) const {
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] += y.data()[i];
    return rounded(std::move(x));
  }
  // Rows of one text or image.
  Matrix attention(const Matrix& qkv, int heads) const {
    const int n = qkv.rows(), h = qkv.cols() / 3, capacity = (n + 15) / 16 * 16;
    KvView kv;
    kv.kv_heads = heads, kv.head_dim = h / heads, kv.capacity = capacity;
    std::vector<float> keys(kv.key_bytes() / 4), values(kv.value_bytes() / 4);
    kv.keys = reinterpret_cast<std::byte*>(keys.data()), kv.values = reinterpret_cast<std::byte*>(values.data());
    store_kv(qkv.view().slice_cols(h, h), qkv.view().slice_cols(2 * h, h), 0, kv);
    Matrix out(n, h);
    ref::attention_unmasked(qkv.view().slice_cols(0, h), heads, n, kv, out, numerics);
    return rounded(std::move(out));
  }
};

// Rows of numbers in double.
using Rows = std::vector<std::vector<double>>;

inline Rows in_double(ConstMatrixView x) {
  Rows out;
  for (int r = 0; r < x.rows; ++r) out.emplace_back(x.row_span(r).begin(), x.row_span(r).end());
  return out;
}
inline Rows in_double(const Rows& x, const RawLinear& w) {
  Rows out;
  for (const auto& row : x) {
    out.emplace_back(w.b.begin(), w.b.end());
    for (int o = 0; o < w.w.rows(); ++o)
      for (int i = 0; i < w.w.cols(); ++i)
        out.back()[static_cast<std::size_t>(o)] += row[static_cast<std::size_t>(i)] * static_cast<double>(w.w(o, i));
  }
  return out;
}
// (x - mean) / sqrt(variance + eps), without weights.
inline Rows standardised(Rows x, double eps) {
  for (auto& row : x) {
    double mean = 0, variance = 0;
    for (const double v : row) mean += v / static_cast<double>(row.size());
    for (const double v : row) variance += (v - mean) * (v - mean) / static_cast<double>(row.size());
    for (double& v : row) v = (v - mean) / std::sqrt(variance + eps);
  }
  return x;
}
// Softmax over all rows, a head at a time, from queries, keys and values side by side.
inline Rows attended(const Rows& qkv, int heads) {
  const std::size_t h = qkv[0].size() / 3, d = h / static_cast<std::size_t>(heads);
  Rows out(qkv.size(), std::vector<double>(h));
  for (std::size_t r = 0; r < qkv.size(); ++r)
    for (std::size_t begin = 0; begin < h; begin += d) {
      std::vector<double> weight;
      double total = 0;
      for (const auto& other : qkv) {
        double score = 0;
        for (std::size_t i = begin; i < begin + d; ++i) score += qkv[r][i] * other[h + i];
        weight.push_back(std::exp(score / std::sqrt(static_cast<double>(d))));
        total += weight.back();
      }
      for (std::size_t j = 0; j < qkv.size(); ++j)
        for (std::size_t i = begin; i < begin + d; ++i) out[r][i] += weight[j] / total * qkv[j][2 * h + i];
    }
  return out;
}
inline void expect_near(ConstMatrixView got, const Rows& want, double tolerance) {
  ASSERT_EQ(static_cast<std::size_t>(got.rows), want.size());
  for (int r = 0; r < got.rows; ++r)
    for (int i = 0; i < got.cols; ++i)
      ASSERT_NEAR(got(r, i), want[static_cast<std::size_t>(r)][static_cast<std::size_t>(i)], tolerance)
          << r << " " << i;
}

// Arithmetics that tests go through in turn.
inline Numerics arithmetic(int trial) {
  return {.k_block = trial % 3 == 0 ? 32 : 256,
          .position_block = trial % 2 == 0 ? 16 : 256,
          .softmax = trial % 5 == 4 ? Softmax::online : Softmax::two_pass,
          .activations = trial % 4 == 1   ? Rounding::bf16
                         : trial % 4 == 2 ? Rounding::fp16
                                          : Rounding::fp32};
}

}  // namespace orrery::kernels::model
