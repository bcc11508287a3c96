#include "sim/execution/weights.hpp"

namespace orrery::sim::execution {

namespace model = kernels::model;

namespace {

kernels::Matrix unpack(const kernels::PackedMatrix& packed) {
  kernels::Matrix w(packed.n(), packed.k());
  for (int c = 0; c < packed.n(); ++c)
    for (int i = 0; i < packed.k(); ++i) w(c, i) = packed.at(c, i);
  return w;
}

// The values that the integers stand for.
kernels::PackedMatrix values_of(const Int8Rows& rows) {
  kernels::Matrix w(rows.rows, rows.cols);
  for (int r = 0; r < w.rows(); ++r) {
    for (int c = 0; c < w.cols(); ++c)
      w(r, c) = static_cast<float>(rows.row(r)[c]) * rows.scales[static_cast<std::size_t>(r)];
  }
  return kernels::PackedMatrix(w);
}

// The matrix in fewer bits; w8a8 also leaves its integers in `int8`.
kernels::PackedMatrix reduced(const kernels::PackedMatrix& full, Weights weights, Int8Rows& int8) {
  if (full.n() == 0) return {};
  const kernels::Matrix w = unpack(full);
  if (weights == Weights::w8a8) {
    int8 = to_int8_rows(w);
    return values_of(int8);
  }
  return kernels::PackedMatrix(w, weights == Weights::int8 ? kernels::WeightType::int8 : kernels::WeightType::int4);
}

std::unique_ptr<Block> make_block(const std::shared_ptr<const model::BlockWeights>& full, Weights weights) {
  auto block = std::make_unique<Block>();
  if (weights == Weights::full) {
    block->weights = full;
    return block;
  }
  auto copy = std::make_shared<model::BlockWeights>();
  copy->attention_norm = full->attention_norm;
  copy->ffn_norm = full->ffn_norm;
  copy->rope = full->rope;
  const kernels::PackedMatrix* from[] = {&full->qkv, &full->output, &full->gate_up, &full->down};
  kernels::PackedMatrix* to[] = {&copy->qkv, &copy->output, &copy->gate_up, &copy->down};
  for (std::size_t p = 0; p < products; ++p) *to[p] = reduced(*from[p], weights, block->int8[p]);
  // Which experts a token goes to is decided with the weights in full: as little is to be saved there as on the norms.
  if (full->router.n() > 0) copy->router = kernels::PackedMatrix(unpack(full->router));
  block->int8_experts.resize(full->experts.size());
  for (std::size_t e = 0; e < full->experts.size(); ++e) {
    copy->experts.push_back({reduced(full->experts[e].gate_up, weights, block->int8_experts[e].gate_up),
                             reduced(full->experts[e].down, weights, block->int8_experts[e].down)});
  }
  block->weights = copy;
  return block;
}

}  // namespace

const kernels::PackedMatrix& Block::matrix(Product product) const {
  switch (product) {
    case Product::qkv:
      return weights->qkv;
    case Product::output:
      return weights->output;
    case Product::gate_up:
      return weights->gate_up;
    case Product::down:
      return weights->down;
  }
  fail_contract("precondition", "a product of a block", __FILE__, __LINE__);
}

const Block& BlockStore::block(int index, Weights weights) {
  auto& slot = blocks_[{index, weights}];
  if (!slot) {
    const auto full = weights == Weights::full ? model_->load_block(index, kernels::WeightType::fp32, held_)
                                               : block(index, Weights::full).weights;
    slot = make_block(full, weights);
  }
  return *slot;
}

const model::EmbeddingWeights& BlockStore::embedding() {
  if (!embedding_) embedding_ = model_->load_embedding();
  return *embedding_;
}

const model::HeadWeights& BlockStore::head() {
  if (!head_) head_ = model_->load_head();
  return *head_;
}

}  // namespace orrery::sim::execution
