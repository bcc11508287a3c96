// Causal grouped-query attention over a key-value cache (kv.hpp).
//
// For query row r at position p = first_position + r and head h, which reads key-value head g = h * kv_heads / heads:
//   s(j) = (q . key(j)) / sqrt(head_dim),  e(j) = exp(s(j) - max s),  out(d) = (sum_j e(j) value(j, d)) / sum_j e(j),
// over j = 0 .. p.
// Order: q . key is one chain of fma over d ascending; the numerator is, like gemm, chains of fma over position_block
// (256) positions each, added in ascending order; the denominator is 16 lanes (j mod 16) added as in norm.hpp; exp is
// elementary.hpp's. Where the cache is int8, q . key is multiplied by the key's scale after the chain, and e(j) by the
// value's scale before it enters the numerator.
// With Softmax::online every block of positions has its own max, m(b) = max(m(b - 1), its scores), e(j) = exp(s(j) -
// m(b)) and sums; numerator and denominator are then fma(exp(m(b - 1) - m(b)), all so far, the block's).
// All of it depends on p and never on m, first_position, threads or the instruction set: prefill in one go, in chunks
// or token by token gives the same bits. Tolerance, fp32 and two-pass: let S = max_j sum_d |q(d) key(j, d)| /
// sqrt(head_dim). A weight e(j) / sum e has a relative error of at most 2 (head_dim + 4) u S + (p / 16 + 16) u, and the
// sum over positions adds (256 + p / 256 + 2) u; out is wrong by at most their sum times max_j |value(j, d)|. Online
// adds 6 u for each block of positions. The other caches are exact about the numbers they hold, but for two roundings
// of int8's scales. Cost: 4 head_dim flops and one exp a (row, head, position); up to eight heads or rows read a key or
// value together.
#pragma once

#include "kernels/kv.hpp"
#include "kernels/workspace.hpp"

namespace orrery::kernels {

// q, out [m, heads * head_dim]; positions 0 .. first_position + m - 1 are in the cache. out may not overlap q.
void attention(ConstMatrixView q, int heads, int first_position, const KvView& cache, MatrixView out,
               Workspace& workspace);

// The same without the mask: every row sees positions 0 .. positions - 1, as encoders and diffusion transformers do. A
// row then depends on all of them, and on no other row of q.
void attention_unmasked(ConstMatrixView q, int heads, int positions, const KvView& cache, MatrixView out,
                        Workspace& workspace);

namespace ref {
void attention_unmasked(ConstMatrixView q, int heads, int positions, const KvView& cache, MatrixView out,
                        const Numerics& numerics = {});
void attention(ConstMatrixView q, int heads, int first_position, const KvView& cache, MatrixView out,
               const Numerics& numerics = {});
}  // namespace ref

}  // namespace orrery::kernels
