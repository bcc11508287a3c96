// The weights of a rank: each block once in every precision that its nodes hold it in.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "kernels/model/model.hpp"
#include "sim/arithmetic.hpp"
#include "sim/execution/rounding.hpp"

namespace orrery::sim::execution {

// The four products of a block, in the order in which they are taken. Those of a mixture have two; the others are the
// experts'.
using kernels::model::Product;
constexpr int products = 4;

struct Int8Expert {
  Int8Rows gate_up, down;
};

struct Block {
  std::shared_ptr<const kernels::model::BlockWeights> weights;  // rounded, where the precision is reduced
  std::array<Int8Rows, products> int8;                          // w8a8 only
  std::vector<Int8Expert> int8_experts;                         // w8a8 of a mixture; empty for those that are not held

  const kernels::PackedMatrix& matrix(Product product) const;
};

// Not thread-safe; one for each rank.
class BlockStore {
 public:
  // held: the experts whose weights this rank loads.
  explicit BlockStore(std::shared_ptr<const kernels::model::Model> model, kernels::model::ExpertSpan held = {})
      : model_(std::move(model)), held_(held) {}
  kernels::model::ExpertSpan held() const { return held_; }
  const kernels::model::Model& model() const { return *model_; }
  const Block& block(int index, Weights weights);
  const kernels::model::EmbeddingWeights& embedding();
  const kernels::model::HeadWeights& head();

 private:
  std::shared_ptr<const kernels::model::Model> model_;
  kernels::model::ExpertSpan held_;
  std::map<std::pair<int, Weights>, std::unique_ptr<Block>> blocks_;
  std::shared_ptr<const kernels::model::EmbeddingWeights> embedding_;
  std::shared_ptr<const kernels::model::HeadWeights> head_;
};

}  // namespace orrery::sim::execution
