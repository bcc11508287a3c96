// The weights of a rank: each block once in every precision that its nodes hold it in.
#pragma once

#include <array>
#include <map>
#include <memory>

#include "kernels/model/model.hpp"
#include "sim/arithmetic.hpp"
#include "sim/execution/rounding.hpp"

namespace orrery::sim::execution {

// The four products of a block, in the order in which they are taken.
enum class Product { qkv, output, gate_up, down };
constexpr int products = 4;

struct Block {
  std::shared_ptr<const kernels::model::BlockWeights> weights;  // rounded, where the precision is reduced
  std::array<Int8Rows, products> int8;                          // w8a8 only

  const kernels::PackedMatrix& matrix(Product product) const;
};

// Not thread-safe; one for each rank.
class BlockStore {
 public:
  explicit BlockStore(std::shared_ptr<const kernels::model::Model> model) : model_(std::move(model)) {}
  const kernels::model::Model& model() const { return *model_; }
  const Block& block(int index, Weights weights);
  const kernels::model::EmbeddingWeights& embedding();
  const kernels::model::HeadWeights& head();

 private:
  std::shared_ptr<const kernels::model::Model> model_;
  std::map<std::pair<int, Weights>, std::unique_ptr<Block>> blocks_;
  std::shared_ptr<const kernels::model::EmbeddingWeights> embedding_;
  std::shared_ptr<const kernels::model::HeadWeights> head_;
};

}  // namespace orrery::sim::execution
