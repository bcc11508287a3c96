// The gate of a SwiGLU feed-forward layer (Shazeer, 2020): h(i) = silu(gate(i)) * up(i), silu(g) = g / (1 + exp(-g)).
//
// Element by element, so a batch changes no bits; exp is elementary.hpp's. The three products around it are gemms.
// Tolerance: relative error of h <= 6 u; for g < -88.7, where exp(-g) is infinite, h is -0 * up.
// Cost: about 20 flops and 12 bytes an element.
#pragma once

#include <span>

#include "kernels/cpu.hpp"
#include "kernels/tensor.hpp"

namespace orrery::kernels {

// gate, up, h [m, n]; h may be gate or up.
void swiglu(ConstMatrixView gate, ConstMatrixView up, MatrixView h, const Cpu& cpu);

// y = silu(x), as above; y may be x.
void silu(ConstMatrixView x, MatrixView y, const Cpu& cpu);

// x += y, one rounding an element: the residual connection.
void add(MatrixView x, ConstMatrixView y, const Cpu& cpu);

// Every row += b [n], one rounding an element: the bias behind a product.
void add_bias(MatrixView x, std::span<const float> b);

// x(r, i) = fma(gate(i), y(r, i), x(r, i)): a residual connection that a gate [n] opens (Peebles and Xie, 2023).
void add_gated(MatrixView x, std::span<const float> gate, ConstMatrixView y, const Cpu& cpu);

namespace ref {
void swiglu(ConstMatrixView gate, ConstMatrixView up, MatrixView h);
void silu(ConstMatrixView x, MatrixView y);
void add_gated(MatrixView x, std::span<const float> gate, ConstMatrixView y);
}  // namespace ref

}  // namespace orrery::kernels
