// One decoder block, the embedding and the head: weights as the kernels want them, and the forward passes.
//
//   x += W_o attention(rope(W_q n), rope(W_k n), W_v n),  n = rms_norm(x)
//   x += W_down (silu(W_gate n) * W_up n),                n = rms_norm(x)
//
// Every row's bits depend on its own tokens and position only: not on the batch, the chunking of the prefill, threads
// or the instruction set (the kernels' headers say why). They do depend on Workspace::numerics, on the type of the
// weights and on the type of the cache.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "kernels/gemm.hpp"
#include "kernels/model/config.hpp"
#include "kernels/model/kv_cache.hpp"

namespace orrery::kernels::model {

// Packed, immutable once loaded: share it between virtual nodes. The matrices are of one type; norms stay fp32.
struct BlockWeights {
  std::vector<float> attention_norm, ffn_norm;  // [hidden]
  PackedMatrix qkv;                             // [(heads + 2 kv_heads) head_dim, hidden]: q, k, v
  PackedMatrix output;                          // [hidden, heads head_dim]
  PackedMatrix gate_up;                         // [2 ffn, hidden]: gate, up
  PackedMatrix down;                            // [hidden, ffn]
  std::shared_ptr<const RopeTable> rope;        // one for all blocks of a model

  std::size_t bytes() const;  // memory in use, without the shared table
};

struct EmbeddingWeights {
  Matrix table;  // [vocab, hidden]
  std::size_t bytes() const { return table.size() * sizeof(float); }
};

struct HeadWeights {
  std::vector<float> norm;  // [hidden]
  PackedMatrix lm_head;     // [vocab, hidden]
  float norm_eps = 0;
  std::size_t bytes() const { return lm_head.bytes() + norm.size() * sizeof(float); }
};

// x [n, hidden], in and out: rows stand at positions first_position .. first_position + n - 1, and the cache holds at
// least first_position positions of this block. Afterwards it holds first_position + n.
void forward_block(const Config& config, const BlockWeights& weights, MatrixView x, int first_position, KvCache& cache,
                   int block, Workspace& workspace);

// [tokens.size(), hidden]; 0 <= token < vocab.
Matrix embed(const EmbeddingWeights& weights, std::span<const int> tokens);

// logits [n, vocab] of x [n, hidden]: final norm and LM head.
void head(const HeadWeights& weights, ConstMatrixView x, MatrixView logits, Workspace& workspace);
// The same for one row, usually the last one of a prefill.
std::vector<float> head(const HeadWeights& weights, std::span<const float> row, Workspace& workspace);

}  // namespace orrery::kernels::model
