// The gate of a SwiGLU feed-forward layer (Shazeer, 2020): h(i) = silu(gate(i)) * up(i), silu(g) = g / (1 + exp(-g)).
//
// Element by element, so a batch changes no bits; exp is elementary.hpp's. The three products around it are gemms.
// Tolerance: relative error of h <= 6 u; for g < -88.7, where exp(-g) is infinite, h is -0 * up.
// Cost: about 20 flops and 12 bytes an element.
#pragma once

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

// gate, up, h [m, n]; h may be gate or up.
void swiglu(ConstMatrixView gate, ConstMatrixView up, MatrixView h, const Cpu& cpu);

// x += y, one rounding an element: the residual connection.
void add(MatrixView x, ConstMatrixView y);

namespace ref {
void swiglu(ConstMatrixView gate, ConstMatrixView up, MatrixView h);
}  // namespace ref

}  // namespace orrery::kernels
