// Gaussian error linear units (Hendrycks and Gimpel, 2016), element by element, so a batch changes no bits.
//
//   erf    y = (x / 2) (1 + erf(x / sqrt 2)). erf is ours: z P(z^2) below |z| = 1, 1 - exp(Q(|z|)) above, P of degree 6
//          and Q of degree 7 fitted in double to within 3 u of erf; exp is elementary.hpp's.
//   tanh   y = x / (1 + exp(-2 v)), v = sqrt(2 / pi) (x + 0.044715 x^3), which is (x / 2) (1 + tanh v).
// Tolerance: |error| <= 5 u |x| (erf), 6 u |x| (tanh). A NaN stays one.
// Cost: about 45 (erf) or 25 (tanh) flops and 8 bytes an element.
#pragma once

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

enum class Gelu { erf, tanh };

// x, y [m, n]; y may be x.
void gelu(Gelu form, ConstMatrixView x, MatrixView y, const Cpu& cpu);

namespace ref {
void gelu(Gelu form, ConstMatrixView x, MatrixView y);
}  // namespace ref

}  // namespace orrery::kernels
