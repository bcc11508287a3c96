#include "sim/execution/forward.hpp"

#include <utility>

namespace orrery::sim::execution {

namespace model = kernels::model;
using kernels::ConstMatrixView;
using kernels::Matrix;
using kernels::MatrixView;
using model::Value;

namespace {

// The workspace computes as the device does until this ends.
class Device {
 public:
  Device(kernels::Workspace& workspace, const Arithmetic& arithmetic)
      : workspace_(workspace), before_(std::exchange(workspace.numerics, numerics_of(arithmetic))) {}
  ~Device() { workspace_.numerics = before_; }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

 private:
  kernels::Workspace& workspace_;
  kernels::Numerics before_;
};

// The product of w8a8: y is the integer sums, which it gives, times both scales.
std::vector<std::int32_t> integer_product(const Int8Rows& x, const Int8Rows& w, MatrixView y) {
  std::vector<std::int32_t> z = multiply(x, w);
  for (int r = 0; r < y.rows; ++r) {
    for (int c = 0; c < y.cols; ++c) {
      const auto at = static_cast<std::size_t>(r) * static_cast<std::size_t>(y.cols) + static_cast<std::size_t>(c);
      y(r, c) =
          static_cast<float>(z[at]) * x.scales[static_cast<std::size_t>(r)] * w.scales[static_cast<std::size_t>(c)];
    }
  }
  return z;
}

void run_int8_expert(ConstMatrixView x, const Int8Expert& expert, MatrixView y, kernels::Workspace& workspace) {
  EXPECT(expert.down.cols > 0);
  const auto product = [&workspace](ConstMatrixView in, const Int8Rows& w, MatrixView out) {
    integer_product(to_int8_rows(in), w, out);
    kernels::round_to(workspace.numerics.activations, out);
  };
  kernels::gated_mlp(
      x, expert.down.cols, y, workspace, [&](ConstMatrixView in, MatrixView out) { product(in, expert.gate_up, out); },
      [&](ConstMatrixView in, MatrixView out) { product(in, expert.down, out); });
}

class Steps final : public model::BlockSteps {
 public:
  Steps(const model::Config& config, const Block& block, int index, const Arithmetic& arithmetic, Operators* ops,
        ExpertRows* experts)
      : config_(config), block_(block), index_(index), arithmetic_(arithmetic), ops_(ops), experts_(experts) {}

  void product(Product which, ConstMatrixView x, const kernels::PackedMatrix& w, MatrixView y,
               kernels::Workspace& workspace) override {
    if (arithmetic_.weights != Weights::w8a8) return BlockSteps::product(which, x, w, y, workspace);
    const auto slot = static_cast<std::size_t>(which);
    Int8Rows in = to_int8_rows(x);
    std::vector<std::int32_t> z = integer_product(in, block_.int8[slot], y);
    if (ops_ == nullptr) return;
    ops_->sums[slot] = std::move(z);
    ops_->inputs[slot] = std::move(in);
  }

  // The cache's format is applied behind `qkv`, which stays what the product gave: that is what an audit checks.
  void entries(MatrixView keys, MatrixView values) override {
    if (arithmetic_.kv != KvFormat::fp8) return;
    round_e4m3(keys, config_.head_dim);
    round_e4m3(values, config_.head_dim);
  }

  void made(Value value, ConstMatrixView rows) override {
    if (ops_ == nullptr) return;
    Matrix* all[] = {&ops_->attention_norm, &ops_->qkv,     &ops_->mixed, &ops_->attention,
                     &ops_->ffn_norm,       &ops_->gate_up, &ops_->gated, &ops_->ffn};
    *all[static_cast<std::size_t>(value)] = Matrix::copy(rows);
  }

  void run(const model::BlockWeights&, ConstMatrixView x, std::span<const int> first, MatrixView y,
           kernels::Workspace& workspace) override {
    if (experts_ != nullptr) return experts_->run(index_, arithmetic_, x, first, y);
    run_experts(block_, arithmetic_, x, first, y, workspace);
  }

 private:
  const model::Config& config_;
  const Block& block_;
  int index_;
  const Arithmetic& arithmetic_;
  Operators* ops_;
  ExpertRows* experts_;
};

}  // namespace

const Matrix& Operators::at(int index) const {
  const Matrix* all[count] = {&attention_norm, &qkv, &mixed, &attention, &ffn_norm, &gate_up, &gated, &ffn};
  EXPECT(index >= 0 && index < count);
  return *all[index];
}

void run_experts(const Block& block, const Arithmetic& arithmetic, ConstMatrixView x, std::span<const int> first,
                 MatrixView y, kernels::Workspace& workspace) {
  const Device device(workspace, arithmetic);
  if (arithmetic.weights != Weights::w8a8)
    return kernels::LocalExperts(block.weights->experts).run(x, first, y, workspace);
  EXPECT(first.size() == block.int8_experts.size() + 1 && x.rows == first.back() && y.rows == x.rows);
  for (std::size_t e = 0; e < block.int8_experts.size(); ++e) {
    const int count = first[e + 1] - first[e];
    if (count == 0) continue;
    run_int8_expert(x.slice_rows(first[e], count), block.int8_experts[e], y.slice_rows(first[e], count), workspace);
  }
}

void forward(const model::Config& config, const Block& block, const Arithmetic& arithmetic, MatrixView x, int first,
             model::KvCache& cache, int index, kernels::Workspace& workspace, Operators* operators,
             ExpertRows* experts) {
  const Device device(workspace, arithmetic);
  Steps steps(config, block, index, arithmetic, operators, experts);
  model::forward_block(config, *block.weights, x, first, cache, index, workspace, steps);
}

}  // namespace orrery::sim::execution
