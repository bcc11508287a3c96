// The diffusion network twice more: from the naive twins, whose bits the fast one must have, and in double arithmetic
// that shares no code with the kernels.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "kernels/conv.hpp"
#include "kernels/elementary.hpp"
#include "kernels/gelu.hpp"
#include "kernels/gemm.hpp"
#include "kernels/layer_norm.hpp"
#include "kernels/model/tensors.hpp"
#include "kernels/rounding.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {

// All numbers of a tensor as one row.
inline Matrix flat(TensorTable table, const std::string& name, int rows = 1) {
  Tensor& tensor = table.tensors.at(name);
  tensor.shape = {rows, static_cast<long long>(tensor.bytes / sizeof(float)) / rows};
  return table.read(name);
}

struct DdpmReference {
  const TensorTable& table;
  int height, blocks, time_layers;
  Numerics numerics = {};

  int size(const std::string& name, std::size_t dimension) const {
    return static_cast<int>(table.tensors.at(name).shape[dimension]);
  }
  static std::string block(int b) { return "gt.blocks." + std::to_string(b); }
  static std::string time(int layer) { return "gt.time_embed." + std::to_string(2 * layer); }
  Matrix rounded(Matrix x) const {
    ref::round_to(numerics.activations, x);
    return x;
  }

  Matrix twin_conv(const Matrix& x, const std::string& name) const {
    const int out = size(name + ".weight", 0);
    Matrix y(out, x.cols());
    ref::conv(x, height, flat(table, name + ".weight", out), size(name + ".weight", 2),
              flat(table, name + ".bias").span(), y, numerics.k_block);
    return rounded(std::move(y));
  }
  Matrix twin_time(int step, int steps) const {
    const Matrix f = flat(table, "gt.frequencies");
    Matrix x(1, 2 * f.cols());
    for (int i = 0; i < f.cols(); ++i) {
      const float phase = static_cast<float>(step) / static_cast<float>(steps) * f(0, i);
      x(0, i) = static_cast<float>(exact::sin(phase));
      x(0, f.cols() + i) = static_cast<float>(exact::cos(phase)) - 1.0F;
    }
    for (int layer = 0; layer < time_layers; ++layer) {
      const int out = size(time(layer) + ".weight", 0);
      Matrix y(1, out);
      ref::gemm(x, flat(table, time(layer) + ".weight", out), y, numerics.k_block);
      const Matrix bias = flat(table, time(layer) + ".bias");
      for (int i = 0; i < out; ++i) y(0, i) += bias(0, i);
      y = rounded(std::move(y));
      if (layer + 1 < time_layers) ref::gelu(Gelu::erf, y, y), y = rounded(std::move(y));
      x = std::move(y);
    }
    return x;
  }
  // The noise in x [channels, pixels] at step of steps, bit for bit.
  Matrix twin(const Matrix& input, int step, int steps) const {
    Matrix x = Matrix::copy(input);
    for (int b = 0; b < blocks; ++b) {
      x = twin_conv(x, block(b) + ".net.0");
      const int all = static_cast<int>(x.size());
      const MatrixView row{x.data(), 1, all, all};
      ref::layer_norm(row, flat(table, block(b) + ".net.1.weight").span(), flat(table, block(b) + ".net.1.bias").span(),
                      1e-5F, row);
      x = rounded(std::move(x));
      ref::gelu(Gelu::erf, x, x);
      x = rounded(std::move(x));
      if (b > 0) continue;
      const Matrix e = twin_time(step, steps);
      for (int c = 0; c < x.rows(); ++c)
        for (int p = 0; p < x.cols(); ++p) x(c, p) += e(0, c);
      x = rounded(std::move(x));
    }
    return twin_conv(x, block(blocks));
  }

  using Plane = std::vector<double>;  // [channels][pixels]

  Plane double_conv(const Plane& x, int pixels, const std::string& name) const {
    const Matrix w = flat(table, name + ".weight"), bias = flat(table, name + ".bias");
    const int out = size(name + ".weight", 0), in = size(name + ".weight", 1), k = size(name + ".weight", 2);
    const int width = pixels / height;
    const auto at = [&](int channel, int pixel) {
      return static_cast<std::size_t>(channel) * static_cast<std::size_t>(pixels) + static_cast<std::size_t>(pixel);
    };
    Plane y(at(out, 0));
    for (int o = 0; o < out; ++o)
      for (int p = 0; p < pixels; ++p) {
        double sum = bias(0, o);
        for (int c = 0; c < in; ++c)
          for (int i = 0; i < k; ++i) {
            const int v = p / width + i - k / 2;
            if (v < 0 || v >= height) continue;
            for (int j = 0; j < k; ++j) {
              const int h = p % width + j - k / 2;
              if (h < 0 || h >= width) continue;
              sum += x[at(c, v * width + h)] * static_cast<double>(w(0, ((o * in + c) * k + i) * k + j));
            }
          }
        y[at(o, p)] = sum;
      }
    return y;
  }
  static double double_gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }
  Plane double_time(int step, int steps) const {
    const Matrix f = flat(table, "gt.frequencies");
    Plane x;
    for (const float v : f.span()) x.push_back(std::sin(static_cast<double>(step) / steps * v));
    for (const float v : f.span()) x.push_back(std::cos(static_cast<double>(step) / steps * v) - 1);
    for (int layer = 0; layer < time_layers; ++layer) {
      const Matrix w = flat(table, time(layer) + ".weight", size(time(layer) + ".weight", 0));
      const Matrix bias = flat(table, time(layer) + ".bias");
      Plane y;
      for (int o = 0; o < w.rows(); ++o) {
        double sum = bias(0, o);
        for (int i = 0; i < w.cols(); ++i) sum += x[static_cast<std::size_t>(i)] * static_cast<double>(w(o, i));
        y.push_back(layer + 1 < time_layers ? double_gelu(sum) : sum);
      }
      x = y;
    }
    return x;
  }
  Plane in_double(const Matrix& input, int step, int steps) const {
    Plane x(input.span().begin(), input.span().end());
    const int pixels = input.cols();
    for (int b = 0; b < blocks; ++b) {
      x = double_conv(x, pixels, block(b) + ".net.0");
      double mean = 0, squares = 0;
      for (const double v : x) mean += v / static_cast<double>(x.size());
      for (const double v : x) squares += (v - mean) * (v - mean) / static_cast<double>(x.size());
      const Matrix w = flat(table, block(b) + ".net.1.weight"), offset = flat(table, block(b) + ".net.1.bias");
      const Plane e = double_time(step, steps);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double normed = (x[i] - mean) / std::sqrt(squares + 1e-5);
        x[i] = double_gelu(normed * static_cast<double>(w.data()[i]) + static_cast<double>(offset.data()[i]));
        if (b == 0) x[i] += e[i / static_cast<std::size_t>(pixels)];
      }
    }
    return double_conv(x, pixels, block(blocks));
  }
};

}  // namespace orrery::kernels::model
