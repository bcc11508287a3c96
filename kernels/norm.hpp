// Root mean square normalisation of each row (Zhang and Sennrich, 2019).
//
// y(r, i) = (x(r, i) * s) * w(i),  s = 1 / sqrt(mean_i x(r, i)^2 + eps).
// Order: 16 partial sums, lane l the chain of fma over the i with i mod 16 == l in ascending order; then lanes l and
// l + 8, l + 4, l + 2, l + 1 are added. Each row alone, so a batch changes no bits.
// Tolerance: relative error of y <= (n / 32 + 8) u: the sum has at most n / 16 + 4 roundings, and the root halves them.
// Cost: 4 m n flops, 8 m n bytes.
#pragma once

#include <span>

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

// Shapes: x, y [m, n], w [n]; y may be x.
void rms_norm(ConstMatrixView x, std::span<const float> w, float eps, MatrixView y, const Cpu& cpu);

namespace ref {
void rms_norm(ConstMatrixView x, std::span<const float> w, float eps, MatrixView y);
}  // namespace ref

}  // namespace orrery::kernels
