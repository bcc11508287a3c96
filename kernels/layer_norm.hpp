// Layer normalisation of each row (Ba, Kiros and Hinton, 2016). A row is what is normalised together: the features of a
// token, or all channels and pixels of an image.
//
// y(r, i) = fma((x(r, i) - m) * s, w(i), b(i)),  m = mean_i x(r, i),  s = 1 / sqrt(mean_i (x(r, i) - m)^2 + eps).
// Order: both means have 16 partial sums, lane l the chain of additions, or of fma over d(i) = x(r, i) - m, over the i
// with i mod 16 == l in ascending order; then lanes l and l + 8, l + 4, l + 2, l + 1 are added and the sum divided by
// n. Each row alone, so a batch changes no bits. Tolerance: with A = mean_i |x(r, i)|, e = (n / 16 + 5) u A the error
// of m, t = 1 / s and z = (x(r, i) - m) s:
//   |error| <= |w(i)| (e / t + |z| ((n / 32 + 10) u + (e / t)^2)) + u |y|.
// Cost: 7 m n flops; 8 m n bytes, twice read.
#pragma once

#include <span>

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

// Shapes: x, y [m, n], w, b [n]; y may be x.
void layer_norm(ConstMatrixView x, std::span<const float> w, std::span<const float> b, float eps, MatrixView y,
                const Cpu& cpu);

namespace ref {
void layer_norm(ConstMatrixView x, std::span<const float> w, std::span<const float> b, float eps, MatrixView y);
}  // namespace ref

}  // namespace orrery::kernels
