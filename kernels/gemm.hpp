// y[m, n] = x[m, k] W[n, k]^T with W packed once, in one of four weight types (quant.hpp).
//
// Order, for every type: one sum for each k block, k_block steps long (256 unless Numerics says otherwise; for int8 and
// int4 rounded up to a multiple of 32), and the blocks in ascending order.
//   fp32, bf16   y(r, c) = s_0 + s_1 + ... from left to right, where s_b is the chain  s = fma(x(r, i), W(c, i), s)
//   from
//                s = +0 over the i of block b in ascending order. bf16 weights are widened to fp32, which is exact.
//   int8, int4   x is quantised first, each row alone, with one scale for each k block: with a = max |x| there,
//                q(i) = x(i) (127 / a) to the nearest integer, even on a tie, and t_b = a / 127, all in fp32; zeros
//                where a < 2^-100, t_b = NaN where a value is not finite. y(r, c) is the chain  y = fma(s_b, t_b, y)
//                from +0, s_b the chain  s = fma(dot_j, d_j, s)  from +0 over the weights' blocks j of 32 in ascending
//                order, and dot_j = the sum of q(i) q_W(i) over block j, exact in int32. (quant.hpp has d_j and q_W.)
// The order does not depend on m, on threads or on the instruction set, so a row has the same bits in any batch. (Which
// NaN a NaN is, is not specified.) Numerics::k_block is thus another device: one that sums in other blocks and, for
// int8 and int4, one that quantises x more finely (32) or a row as a whole (k and more).
//
// Tolerance against exact arithmetic on the weights as stored, u = 2^-24, S = sum_i |x(r, i) W(c, i)|:
//   fp32, bf16   |error| <= (k_block + ceil(k / k_block)) u S
//   int8, int4   |error| <= Q + (k_block / 32 + ceil(k / k_block) + 2) u (S + Q), where Q = sum_i 0.501 t(i) |W(c, i)|
//                comes of quantising x, t(i) the scale at i, or 2^-99 where that is 0.
// Cost: 2 m n k operations; the weights (4, 2, 1.06 or 0.56 bytes each) are read once for each 264 rows of x.
#pragma once

#include "kernels/packed.hpp"
#include "kernels/tensor.hpp"
#include "kernels/workspace.hpp"

namespace orrery::kernels {

// Shapes: x [m, k], y [m, n]; y overlaps neither x nor w.
void gemm(ConstMatrixView x, const PackedMatrix& w, MatrixView y, Workspace& workspace);

namespace ref {
// w [n, k], not packed.
void gemm(ConstMatrixView x, ConstMatrixView w, MatrixView y, int k_block = 256);
void gemm(ConstMatrixView x, const EncodedView& w, MatrixView y, int k_block = 256);
}  // namespace ref

}  // namespace orrery::kernels
