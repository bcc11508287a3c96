#include "kernels/model/block.hpp"

#include "kernels/attention.hpp"
#include "kernels/embedding.hpp"
#include "kernels/mlp.hpp"
#include "kernels/norm.hpp"
#include "kernels/rounding.hpp"

namespace orrery::kernels::model {
namespace {

// Every operation's result is rounded as the device at hand rounds (Numerics::activations).
void product(ConstMatrixView x, const PackedMatrix& w, MatrixView y, Workspace& workspace) {
  gemm(x, w, y, workspace);
  round_to(workspace.numerics.activations, y);
}

void normed_rows(ConstMatrixView x, std::span<const float> w, float eps, MatrixView y, Workspace& workspace) {
  rms_norm(x, w, eps, y, workspace.cpu);
  round_to(workspace.numerics.activations, y);
}

void add_residual(MatrixView x, ConstMatrixView y, const Workspace& workspace) {
  add(x, y);
  round_to(workspace.numerics.activations, x);
}

void attention_half(const Config& c, const BlockWeights& w, MatrixView x, int first_position, const KvView& cache,
                    Workspace& workspace) {
  Workspace::Scope scope(workspace);
  const MatrixView normed = scope.matrix(x.rows, c.hidden), qkv = scope.matrix(x.rows, w.qkv.n());
  normed_rows(x, w.attention_norm, c.norm_eps, normed, workspace);
  product(normed, w.qkv, qkv, workspace);
  const MatrixView q = qkv.slice_cols(0, c.query_cols()), k = qkv.slice_cols(c.query_cols(), c.kv_cols());
  const MatrixView v = qkv.slice_cols(c.query_cols() + c.kv_cols(), c.kv_cols());
  rope(q, first_position, *w.rope, c.rope, workspace.cpu);
  rope(k, first_position, *w.rope, c.rope, workspace.cpu);
  round_to(workspace.numerics.activations, q);
  round_to(workspace.numerics.activations, k);
  store_kv(k, v, first_position, cache);
  const MatrixView mixed = scope.matrix(x.rows, c.query_cols());
  attention(q, c.heads, first_position, cache, mixed, workspace);
  round_to(workspace.numerics.activations, mixed);
  product(mixed, w.output, normed, workspace);
  add_residual(x, normed, workspace);
}

void ffn_half(const Config& c, const BlockWeights& w, MatrixView x, Workspace& workspace) {
  Workspace::Scope scope(workspace);
  const MatrixView normed = scope.matrix(x.rows, c.hidden), both = scope.matrix(x.rows, 2 * c.ffn);
  normed_rows(x, w.ffn_norm, c.norm_eps, normed, workspace);
  product(normed, w.gate_up, both, workspace);
  const MatrixView gated = both.slice_cols(0, c.ffn);
  swiglu(gated, both.slice_cols(c.ffn, c.ffn), gated, workspace.cpu);
  round_to(workspace.numerics.activations, gated);
  product(gated, w.down, normed, workspace);
  add_residual(x, normed, workspace);
}

}  // namespace

std::size_t BlockWeights::bytes() const {
  return (attention_norm.size() + ffn_norm.size()) * sizeof(float) + qkv.bytes() + output.bytes() + gate_up.bytes() +
         down.bytes();
}

void forward_block(const Config& config, const BlockWeights& weights, MatrixView x, int first_position, KvCache& cache,
                   int block, Workspace& workspace) {
  EXPECT(x.cols == config.hidden && x.rows >= 1);
  EXPECT(first_position >= 0 && first_position <= cache.length(block));
  EXPECT(first_position + x.rows <= cache.capacity() && first_position + x.rows <= config.context);
  attention_half(config, weights, x, first_position, cache.view(block), workspace);
  ffn_half(config, weights, x, workspace);
  cache.set_length(block, first_position + x.rows);
}

Matrix embed(const EmbeddingWeights& weights, std::span<const int> tokens) {
  Matrix out(static_cast<int>(tokens.size()), weights.table.cols());
  kernels::embed(weights.table, tokens, out);
  return out;
}

void head(const HeadWeights& weights, ConstMatrixView x, MatrixView logits, Workspace& workspace) {
  Workspace::Scope scope(workspace);
  const MatrixView normed = scope.matrix(x.rows, x.cols);
  rms_norm(x, weights.norm, weights.norm_eps, normed, workspace.cpu);
  gemm(normed, weights.lm_head, logits, workspace);
}

std::vector<float> head(const HeadWeights& weights, std::span<const float> row, Workspace& workspace) {
  const int hidden = static_cast<int>(row.size()), vocab = weights.lm_head.n();
  std::vector<float> logits(static_cast<std::size_t>(vocab));
  head(weights, {row.data(), 1, hidden, hidden}, {logits.data(), 1, vocab, vocab}, workspace);
  return logits;
}

}  // namespace orrery::kernels::model
