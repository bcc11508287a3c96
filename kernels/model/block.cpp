#include "kernels/model/block.hpp"

#include "kernels/attention.hpp"
#include "kernels/embedding.hpp"
#include "kernels/mlp.hpp"
#include "kernels/norm.hpp"
#include "kernels/rounding.hpp"

namespace orrery::kernels::model {
namespace {

// One call on its way through. Every operation's result is rounded as the device at hand rounds
// (Numerics::activations).
struct Pass {
  const Config& config;
  const BlockWeights& weights;
  Workspace& workspace;
  BlockSteps& steps;

  void round(MatrixView x) const { round_to(workspace.numerics.activations, x); }
  void product(Product which, ConstMatrixView x, const PackedMatrix& w, MatrixView y) const {
    steps.product(which, x, w, y, workspace);
    round(y);
  }
  void normed_rows(ConstMatrixView x, std::span<const float> w, MatrixView y) const {
    rms_norm(x, w, config.norm_eps, y, workspace.cpu);
    round(y);
  }
  void add_residual(MatrixView x, ConstMatrixView y) const {
    add(x, y, workspace.cpu);
    round(x);
  }

  void attend(MatrixView x, int first_position, const KvView& cache) const {
    const Config& c = config;
    Workspace::Scope scope(workspace);
    const MatrixView normed = scope.matrix(x.rows, c.hidden), qkv = scope.matrix(x.rows, weights.qkv.n());
    normed_rows(x, weights.attention_norm, normed);
    steps.made(Value::attention_norm, normed);
    product(Product::qkv, normed, weights.qkv, qkv);
    steps.made(Value::qkv, qkv);
    const MatrixView q = qkv.slice_cols(0, c.query_cols()), k = qkv.slice_cols(c.query_cols(), c.kv_cols());
    const MatrixView v = qkv.slice_cols(c.query_cols() + c.kv_cols(), c.kv_cols());
    rope(q, first_position, *weights.rope, c.rope, workspace.cpu);
    rope(k, first_position, *weights.rope, c.rope, workspace.cpu);
    round(q);
    round(k);
    steps.entries(k, v);
    store_kv(k, v, first_position, cache);
    const MatrixView mixed = scope.matrix(x.rows, c.query_cols());
    attention(q, c.heads, first_position, cache, mixed, workspace);
    round(mixed);
    steps.made(Value::mixed, mixed);
    product(Product::output, mixed, weights.output, normed);
    steps.made(Value::attention, normed);
    add_residual(x, normed);
  }

  void feed_forward(MatrixView x) const {
    Workspace::Scope scope(workspace);
    const MatrixView rows = scope.matrix(x.rows, config.hidden);
    normed_rows(x, weights.ffn_norm, rows);
    steps.made(Value::ffn_norm, rows);
    if (config.experts == 0)
      dense(rows);
    else
      mixture(rows);
    steps.made(Value::ffn, rows);
    add_residual(x, rows);
  }

  void dense(MatrixView rows) const {
    gated_mlp(
        rows, config.ffn, rows, workspace,
        [this](ConstMatrixView in, MatrixView both) {
          product(Product::gate_up, in, weights.gate_up, both);
          steps.made(Value::gate_up, both);
        },
        [this](ConstMatrixView gated, MatrixView out) {
          steps.made(Value::gated, gated);
          product(Product::down, gated, weights.down, out);
        });
  }

  void mixture(MatrixView rows) const {
    struct Runner final : Experts {
      explicit Runner(const Pass& of) : pass(of) {}
      void run(ConstMatrixView x, std::span<const int> first, MatrixView y, Workspace& workspace) override {
        pass.steps.run(pass.weights, x, first, y, workspace);
      }
      const Pass& pass;
    } runner(*this);
    moe(rows, weights.router, config.experts_active, runner, rows, workspace);
  }
};

}  // namespace

std::size_t BlockWeights::bytes() const {
  std::size_t sum = (attention_norm.size() + ffn_norm.size()) * sizeof(float) + qkv.bytes() + output.bytes() +
                    gate_up.bytes() + down.bytes() + router.bytes();
  for (const ExpertWeights& expert : experts) sum += expert.bytes();
  return sum;
}

void BlockSteps::product(Product, ConstMatrixView x, const PackedMatrix& w, MatrixView y, Workspace& workspace) {
  gemm(x, w, y, workspace);
}
void BlockSteps::entries(MatrixView, MatrixView) {}
void BlockSteps::made(Value, ConstMatrixView) {}
void BlockSteps::run(const BlockWeights& weights, ConstMatrixView x, std::span<const int> first, MatrixView y,
                     Workspace& workspace) {
  LocalExperts(weights.experts).run(x, first, y, workspace);
}

void forward_block(const Config& config, const BlockWeights& weights, MatrixView x, int first_position, KvCache& cache,
                   int block, Workspace& workspace) {
  BlockSteps steps;
  forward_block(config, weights, x, first_position, cache, block, workspace, steps);
}

void forward_block(const Config& config, const BlockWeights& weights, MatrixView x, int first_position, KvCache& cache,
                   int block, Workspace& workspace, BlockSteps& steps) {
  EXPECT(x.cols == config.hidden && x.rows >= 1);
  EXPECT(first_position >= 0 && first_position <= cache.length(block));
  EXPECT(first_position + x.rows <= cache.capacity() && first_position + x.rows <= config.context);
  const Pass pass{config, weights, workspace, steps};
  pass.attend(x, first_position, cache.view(block));
  pass.feed_forward(x);
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
