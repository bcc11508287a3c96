// Runs a whole model in one place, for the tests.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "kernels/model/model.hpp"

namespace orrery::kernels::model {

class Whole {
 public:
  explicit Whole(const std::shared_ptr<const Model>& model, Cpu cpu = {}, Numerics numerics = {})
      : config(model->config()),
        workspace(cpu, numerics),
        cache(config, 0, config.layers, config.context),
        embedding_(model->load_embedding()),
        head_(model->load_head()) {
    for (int block = 0; block < config.layers; ++block) blocks_.push_back(model->load_block(block));
  }

  // Logits [tokens, vocab] of the next tokens, which stand at positions position .. ; chunk is how many go together.
  Matrix logits(std::span<const int> tokens, int position, int chunk) {
    Matrix out(static_cast<int>(tokens.size()), config.vocab);
    for (int at = 0; at < out.rows(); at += chunk) {
      const int n = std::min(chunk, out.rows() - at);
      Matrix x = embed(*embedding_, tokens.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(n)));
      for (int block = 0; block < config.layers; ++block)
        forward_block(config, *blocks_[static_cast<std::size_t>(block)], x, position + at, cache, block, workspace);
      head(*head_, x, out.view().slice_rows(at, n), workspace);
    }
    return out;
  }

  const Config config;
  Workspace workspace;
  KvCache cache;

 private:
  std::vector<std::shared_ptr<const BlockWeights>> blocks_;
  std::shared_ptr<const EmbeddingWeights> embedding_;
  std::shared_ptr<const HeadWeights> head_;
};

}  // namespace orrery::kernels::model
