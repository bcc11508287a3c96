// One decoder block, the embedding and the head: weights as the kernels want them, and the forward passes.
//
//   x += W_o attention(rope(W_q n), rope(W_k n), W_v n),  n = rms_norm(x)
//   x += W_down (silu(W_gate n) * W_up n),                n = rms_norm(x)
//
// In a mixture of experts the second line is the layer of kernels/moe.hpp.
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
#include "kernels/moe.hpp"

namespace orrery::kernels::model {

// Packed, immutable once loaded: share it between virtual nodes. The matrices are of one type; norms and the router
// stay fp32: a model that is stored coarsely still sends its tokens to the same experts.
struct BlockWeights {
  std::vector<float> attention_norm, ffn_norm;  // [hidden]
  PackedMatrix qkv;                             // [(heads + 2 kv_heads) head_dim, hidden]: q, k, v
  PackedMatrix output;                          // [hidden, heads head_dim]
  PackedMatrix gate_up;                         // [2 ffn, hidden]: gate, up; dense only
  PackedMatrix down;                            // [hidden, ffn]; dense only
  PackedMatrix router;                          // [experts, hidden]; mixture only
  std::vector<ExpertWeights> experts;           // by index; empty matrices for those that were not loaded
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

enum class Product { qkv, output, gate_up, down };
enum class Value { attention_norm, qkv, mixed, attention, ffn_norm, gate_up, gated, ffn };

// What happens within a block, for whoever computes or looks at it otherwise: this class is the block as it should be.
class BlockSteps {
 public:
  virtual ~BlockSteps() = default;
  // y = x W^T, of the block itself (an expert's are run()'s); what comes out is rounded afterwards.
  virtual void product(Product which, ConstMatrixView x, const PackedMatrix& w, MatrixView y, Workspace& workspace);
  // The rows' keys and values, before the cache takes them; may change them.
  virtual void entries(MatrixView keys, MatrixView values);
  // A step's rows, rounded, as soon as they are there. Of a mixture gate_up and gated do not come: they are the
  // experts'.
  virtual void made(Value value, ConstMatrixView rows);
  // Mixture only: Experts::run of the block.
  virtual void run(const BlockWeights& weights, ConstMatrixView x, std::span<const int> first, MatrixView y,
                   Workspace& workspace);
};

// x [n, hidden], in and out: rows stand at positions first_position .. first_position + n - 1, and the cache holds at
// least first_position positions of this block. Afterwards it holds first_position + n.
void forward_block(const Config& config, const BlockWeights& weights, MatrixView x, int first_position, KvCache& cache,
                   int block, Workspace& workspace);
void forward_block(const Config& config, const BlockWeights& weights, MatrixView x, int first_position, KvCache& cache,
                   int block, Workspace& workspace, BlockSteps& steps);

// [tokens.size(), hidden]; 0 <= token < vocab.
Matrix embed(const EmbeddingWeights& weights, std::span<const int> tokens);

// logits [n, vocab] of x [n, hidden]: final norm and LM head.
void head(const HeadWeights& weights, ConstMatrixView x, MatrixView logits, Workspace& workspace);
// The same for one row, usually the last one of a prefill.
std::vector<float> head(const HeadWeights& weights, std::span<const float> row, Workspace& workspace);

}  // namespace orrery::kernels::model
