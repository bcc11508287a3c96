// BERT's encoder (Devlin et al., 2019) and the mean-pooled embedding of a text (Reimers and Gurevych, 2019).
//
//   e = layer_norm(word(token) + position(place) + segment(0))                        the tokens that go in
//   x = layer_norm(x + W_o attention(W_qkv x + b_qkv) + b_o)                          a block, norms behind the sums
//   x = layer_norm(x + W_2 gelu(W_1 x + b_1) + b_2)                                   GELU with erf
//   embedding = mean over the text's tokens of the last x, then divided by its length if asked to
// Attention sees all tokens of the text and of no other one.
//
// Order and tolerance are those of gemm.hpp, attention.hpp, layer_norm.hpp and gelu.hpp; a residual is added in one
// rounding behind the bias. The mean is a chain of additions over tokens in ascending order, divided once: error <=
// (n + 1) u mean |x|. The length is the root of a chain of fma over the width: relative error of the result <= (h / 2 +
// 2) u. Texts lie one behind the other without padding and share the weights' passes and nothing else: one alone has
// the bits it has in any batch, on any path and number of threads. Cost for n tokens of width h and an MLP of width f:
// 2 n (4 h^2 + 2 h f) + 4 n^2 h flops a block.
#pragma once

#include <span>
#include <vector>

#include "kernels/model/linear.hpp"

namespace orrery::kernels::model {

struct LayerNorm {
  std::vector<float> weight, offset;  // [h]
};

struct EncoderBlock {
  Linear qkv;     // [3 h, h]
  Linear output;  // [h, h]
  Linear up;      // [f, h]
  Linear down;    // [h, f]
  LayerNorm attention_norm, ffn_norm;
};

struct Encoder {
  int heads = 0;
  float norm_eps = 1e-12F;
  Matrix words;      // [vocab, h]
  Matrix positions;  // [most tokens of a text, h]
  Matrix segments;   // [kinds, h]; row 0 is added
  LayerNorm embedding_norm;
  std::vector<EncoderBlock> blocks;

  int hidden() const { return words.cols(); }
};

// How many tokens each text of a batch has; every one at least 1.
using Lengths = std::span<const int>;

// x [sum of lengths, h], in and out.
void forward_encoder(const EncoderBlock& block, int heads, float norm_eps, Lengths lengths, MatrixView x,
                     Workspace& workspace);

// x [tokens.size(), h] of the texts' tokens, one text behind the other; 0 <= token < vocab.
void embed_tokens(const Encoder& encoder, std::span<const int> tokens, Lengths lengths, MatrixView x,
                  Workspace& workspace);

// out [lengths.size(), h]: the mean of each text's rows of x [sum of lengths, h].
void mean_pool(ConstMatrixView x, Lengths lengths, MatrixView out);
// Every row divided by its length; a row whose squares vanish in fp32 stays as it is.
void normalise_rows(MatrixView x);

// All of it: out [lengths.size(), h], a row a text.
void embed_texts(const Encoder& encoder, std::span<const int> tokens, Lengths lengths, bool normalise, MatrixView out,
                 Workspace& workspace);

}  // namespace orrery::kernels::model
