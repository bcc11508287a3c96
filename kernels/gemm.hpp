// y[m, n] = x[m, k] W[n, k]^T with W packed once, in one of four weight types (quant.hpp).
//
// Order, for every type: y(r, c) = s_0 + s_1 + ... added from left to right, one s_b for each k block in ascending
// order; k blocks are k_block long (256 unless Numerics says otherwise; for int8 and int4 rounded up to a multiple of
// 32).
//   fp32, bf16   s_b is the chain  s = fma(x(r, i), W(c, i), s)  from s = +0 over the i of the block in ascending
//   order;
//                bf16 weights are widened to fp32, which is exact.
//   int8, int4   x is quantised first, each row alone, in blocks j of 32 (zeros past k): with a = max |x| in fp32,
//                q(i) = x(i) (127 / a) to the nearest integer, even on a tie, and the scale t_j = a / 127; all zero
//                where a < 2^-100, t_j = NaN where a value is not finite. s_b is the chain  s = fma(dot_j, t_j d_j, s)
//                from +0 over the blocks j in ascending order: dot_j = sum of q(i) q_W(i), exact in int32, t_j d_j
//                rounded once.
// The order does not depend on m, on threads or on the instruction set, so a row has the same bits in any batch. (Which
// NaN a NaN is, is not specified.)
//
// Tolerance against exact arithmetic on the weights as stored, u = 2^-24:
//   fp32, bf16   |error| <= (k_block + ceil(k / k_block)) u sum_i |x(r, i) W(c, i)|
//   int8, int4   |error| <= sum_i 0.501 t(i) |W(c, i)| + (k_block / 32 + ceil(k / k_block) + 2) u sum_i |x(r, i) W(c,
//   i)|
//                with t(i) the scale of x(r, i), and 2^-100 where that is 0: the quantisation of x, then the chains.
// Cost: 2 m n k operations; the weights (4, 2, 1.06 or 0.56 bytes each) are read once for each 240 rows of x.
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
