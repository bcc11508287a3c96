#include "experiments/bench_products.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace orrery::experiments {

std::string text(const ProductShape& shape) { return fmt::format("m={} {}x{}", shape.m, shape.k, shape.n); }

kernels::Matrix numbers(int rows, int cols, unsigned seed) {
  kernels::Matrix out(rows, cols);
  for (float& value : out.span())
    value = static_cast<float>(static_cast<int>((seed = seed * 1664525U + 1013904223U) >> 16)) * 0x1p-16F - 0.5F;
  return out;
}

std::string differs_from_twin(kernels::ConstMatrixView x, kernels::ConstMatrixView w, kernels::WeightType type,
                              kernels::ConstMatrixView y) {
  const int step = std::max(1, w.rows / 50);
  for (int c = 0; c < w.rows; c += step) {
    const std::vector<std::byte> column = kernels::encode(type, w.slice_rows(c, 1));
    for (const int r : {0, x.rows - 1}) {
      float want = 0.0F;
      kernels::ref::gemm(x.slice_rows(r, 1), kernels::EncodedView{type, column, 1, w.cols}, {&want, 1, 1, 1});
      if (std::bit_cast<std::uint32_t>(want) != std::bit_cast<std::uint32_t>(y.row(r)[c]))
        return fmt::format("element ({}, {}) is {}, the twin's {}", r, c, y(r, c), want);
    }
  }
  return {};
}

std::string differs_from_ours(kernels::ConstMatrixView peer, kernels::ConstMatrixView ours, double tolerance) {
  double largest = 0.0, error = 0.0;
  for (int r = 0; r < ours.rows; ++r) {
    for (int c = 0; c < ours.cols; ++c) {
      largest = std::max(largest, std::abs(static_cast<double>(ours(r, c))));
      error = std::max(error, std::abs(static_cast<double>(peer(r, c)) - ours(r, c)));
    }
  }
  return error <= tolerance * largest ? ""
                                      : fmt::format("the peer's answer is {:.2g} of the largest away", error / largest);
}

}  // namespace orrery::experiments
