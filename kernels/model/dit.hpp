// A block of a diffusion transformer with adaLN-zero (Peebles and Xie, 2023), and the patches it works on.
//
//   (shift_a, scale_a, gate_a, shift_m, scale_m, gate_m) = W_c silu(c) + b_c
//   x += gate_a (W_o attention(W_qkv m + b_qkv) + b_o),  m = layer_norm(x) (1 + scale_a) + shift_a
//   x += gate_m (W_2 gelu(W_1 m + b_1) + b_2),           m = layer_norm(x) (1 + scale_m) + shift_m
// c is the image's condition (its step, its class).
// Attention sees all of the image's tokens; the norms have no weights of their own (eps 1e-6); GELU is the form with
// tanh. gate = 0, as training begins with, leaves x as it is, bit for bit (but for -0, which becomes +0).
//
// Order and tolerance are those of gemm.hpp, layer_norm.hpp with w = 1 + scale (one rounding), attention.hpp, gelu.hpp
// and add_gated (mlp.hpp). Images of a batch share the weights' passes and nothing else: one alone has the bits it has
// in any batch, on any path and number of threads. Cost for n tokens of width h and an MLP of width f:
// 2 n (4 h^2 + 2 h f) + 4 n^2 h flops, and 12 h^2 for the condition.
#pragma once

#include "kernels/model/linear.hpp"

namespace orrery::kernels::model {

struct DitBlock {
  int heads = 0;
  Linear condition;  // [6 h, h]: shift, scale, gate of attention, then of the MLP
  Linear qkv;        // [3 h, h]
  Linear output;     // [h, h]
  Linear up;         // [f, h]
  Linear down;       // [h, f]

  int hidden() const { return qkv.in(); }
};

// x [images * tokens, h], in and out, images one after another; conditions [images, h].
void forward_dit(const DitBlock& block, MatrixView x, ConstMatrixView conditions, Workspace& workspace);

// Squares of patch x patch pixels as rows: image [channels, height * width], a channel's plane in each row, and patches
// [(height / patch) (width / patch), channels * patch * patch], number (c, i, j) of a patch behind each other. patch
// divides both height and width.
void patchify(ConstMatrixView image, int height, int patch, MatrixView patches);
// The way back.
void unpatchify(ConstMatrixView patches, int height, int patch, MatrixView image);

// Tokens [patches.rows, h] of one image: embedding(patches) + positions [patches.rows, h], one more rounding.
void embed_patches(ConstMatrixView patches, const Linear& embedding, ConstMatrixView positions, MatrixView tokens,
                   Workspace& workspace);

}  // namespace orrery::kernels::model
