// What the cases of gemm have in common: operands, and the check of an answer.
#pragma once

#include <string>

#include "kernels/gemm.hpp"

namespace orrery::experiments {

struct ProductShape {
  int m, k, n;
};
std::string text(const ProductShape& shape);  // m=64 4096x11008

// Numbers in [-0.5, 0.5), the same every time.
kernels::Matrix numbers(int rows, int cols, unsigned seed);

// Whether columns of y = x w^T here and there, in the first and the last row, are the twin's bits; empty if so.
std::string differs_from_twin(kernels::ConstMatrixView x, kernels::ConstMatrixView w, kernels::WeightType type,
                              kernels::ConstMatrixView y);
// Whether a peer's y is ours within `tolerance` of the largest element; empty if so.
std::string differs_from_ours(kernels::ConstMatrixView peer, kernels::ConstMatrixView ours, double tolerance);

}  // namespace orrery::experiments
