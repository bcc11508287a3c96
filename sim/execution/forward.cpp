#include "sim/execution/forward.hpp"

#include <utility>

#include "kernels/attention.hpp"
#include "kernels/mlp.hpp"
#include "kernels/norm.hpp"
#include "kernels/rope.hpp"
#include "kernels/rounding.hpp"

namespace orrery::sim::execution {

namespace model = kernels::model;
using kernels::Matrix;
using kernels::MatrixView;

namespace {

// One block on its way through; every step leaves its values in `ops`.
struct Pass {
  const model::Config& config;
  const Block& block;
  const Arithmetic& arithmetic;
  kernels::Workspace& workspace;
  Operators& ops;
  bool keep_sums;

  Matrix product(Product which, const Matrix& x) {
    const kernels::PackedMatrix& w = block.matrix(which);
    Matrix y(x.rows(), w.n());
    if (arithmetic.weights == Weights::w8a8) {
      exact_product(which, x, y);
    } else {
      kernels::gemm(x, w, y, workspace);
    }
    kernels::round_to(workspace.numerics.activations, y);
    return y;
  }
  void exact_product(Product which, const Matrix& x, Matrix& y) {
    const auto slot = static_cast<std::size_t>(which);
    Int8Rows in = to_int8_rows(x);
    const Int8Rows& w = block.int8[slot];
    std::vector<std::int32_t> z = multiply(in, w);
    for (int r = 0; r < y.rows(); ++r) {
      for (int c = 0; c < y.cols(); ++c) {
        const auto at = static_cast<std::size_t>(r) * static_cast<std::size_t>(y.cols()) + static_cast<std::size_t>(c);
        y(r, c) =
            static_cast<float>(z[at]) * in.scales[static_cast<std::size_t>(r)] * w.scales[static_cast<std::size_t>(c)];
      }
    }
    if (!keep_sums) return;
    ops.sums[slot] = std::move(z);
    ops.inputs[slot] = std::move(in);
  }
  Matrix normed(MatrixView x, const std::vector<float>& weights) {
    Matrix y(x.rows, x.cols);
    kernels::rms_norm(x, weights, config.norm_eps, y, workspace.cpu);
    kernels::round_to(workspace.numerics.activations, y);
    return y;
  }

  void attend(MatrixView x, int first, const kernels::KvView& cache) {
    ops.attention_norm = normed(x, block.weights->attention_norm);
    ops.qkv = product(Product::qkv, ops.attention_norm);
    const MatrixView q = ops.qkv.view().slice_cols(0, config.query_cols());
    const MatrixView k = ops.qkv.view().slice_cols(config.query_cols(), config.kv_cols());
    const MatrixView v = ops.qkv.view().slice_cols(config.query_cols() + config.kv_cols(), config.kv_cols());
    // Position and cache format are applied to copies: `qkv` stays what the product gave, which is what an audit
    // checks.
    Matrix turned_q = Matrix::copy(q), turned_k = Matrix::copy(k), kept_v = Matrix::copy(v);
    kernels::rope(turned_q, first, *block.weights->rope, config.rope, workspace.cpu);
    kernels::rope(turned_k, first, *block.weights->rope, config.rope, workspace.cpu);
    kernels::round_to(workspace.numerics.activations, turned_q);
    kernels::round_to(workspace.numerics.activations, turned_k);
    if (arithmetic.kv == KvFormat::fp8) {
      round_e4m3(turned_k, config.head_dim);
      round_e4m3(kept_v, config.head_dim);
    }
    kernels::store_kv(turned_k, kept_v, first, cache);
    ops.mixed = Matrix(x.rows, config.query_cols());
    kernels::attention(turned_q, config.heads, first, cache, ops.mixed, workspace);
    kernels::round_to(workspace.numerics.activations, ops.mixed);
    ops.attention = product(Product::output, ops.mixed);
  }

  void feed_forward(MatrixView x) {
    ops.ffn_norm = normed(x, block.weights->ffn_norm);
    ops.gate_up = product(Product::gate_up, ops.ffn_norm);
    const MatrixView gate = ops.gate_up.view().slice_cols(0, config.ffn);
    ops.gated = Matrix(x.rows, config.ffn);
    kernels::swiglu(gate, ops.gate_up.view().slice_cols(config.ffn, config.ffn), ops.gated, workspace.cpu);
    kernels::round_to(workspace.numerics.activations, ops.gated);
    ops.ffn = product(Product::down, ops.gated);
  }

  void add(MatrixView x, const Matrix& y) const {
    kernels::add(x, y);
    kernels::round_to(workspace.numerics.activations, x);
  }
};

}  // namespace

const Matrix& Operators::at(int index) const {
  const Matrix* all[count] = {&attention_norm, &qkv, &mixed, &attention, &ffn_norm, &gate_up, &gated, &ffn};
  EXPECT(index >= 0 && index < count);
  return *all[index];
}

void forward(const model::Config& config, const Block& block, const Arithmetic& arithmetic, MatrixView x, int first,
             model::KvCache& cache, int index, kernels::Workspace& workspace, Operators* operators) {
  EXPECT(x.cols == config.hidden && x.rows >= 1);
  EXPECT(first >= 0 && first <= cache.length(index) && first + x.rows <= cache.capacity());
  const kernels::Numerics before = std::exchange(workspace.numerics, numerics_of(arithmetic));
  Operators own;
  Pass pass{config, block, arithmetic, workspace, operators ? *operators : own, operators != nullptr};
  pass.attend(x, first, cache.view(index));
  pass.add(x, pass.ops.attention);
  pass.feed_forward(x);
  pass.add(x, pass.ops.ffn);
  workspace.numerics = before;
  cache.set_length(index, first + x.rows);
}

}  // namespace orrery::sim::execution
