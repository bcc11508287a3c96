// The embedded model for tests, and the answer that one process gives.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/facts.hpp"
#include "kernels/model/model.hpp"
#include "kernels/sample.hpp"
#include "sim/execution/worker.hpp"

namespace orrery::tests {

inline std::shared_ptr<const kernels::model::Model> embedded_model() {
  return kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                           data::fact("model/tokenizer.json"));
}

inline sim::execution::WorkerSetup embedded_setup(std::uint64_t seed, kernels::WireFormat wire) {
  sim::execution::WorkerSetup setup;
  setup.model = embedded_model();
  setup.prompts = std::make_shared<const sim::execution::Prompts>(
      *setup.model->tokenizer(), std::string(data::fact("model/heldout.txt")), "heldout", 128, seed);
  setup.wire = wire;
  setup.seed = seed;
  return setup;
}

// Greedy continuation by the plain loop: no ranks, no chunks, no wire.
inline std::string single_process_text(const sim::execution::WorkerSetup& setup, sim::RequestId request,
                                       sim::Tokens prompt, sim::Tokens output, const kernels::Numerics& numerics = {}) {
  namespace model = kernels::model;
  const model::Model& m = *setup.model;
  const model::Config& config = m.config();
  std::vector<std::shared_ptr<const model::BlockWeights>> blocks;
  for (int b = 0; b < config.layers; ++b) blocks.push_back(m.load_block(b));
  const auto embedding = m.load_embedding();
  const auto head = m.load_head();
  kernels::Workspace workspace, device({}, numerics);
  model::KvCache cache(config, 0, config.layers, static_cast<int>(prompt + output));
  std::vector<int> tokens = setup.prompts->tokens(request, prompt);
  std::string text;
  for (std::size_t position = 0;; ++position) {
    kernels::Matrix x = model::embed(*embedding, std::span(tokens).subspan(position, 1));
    for (int b = 0; b < config.layers; ++b) {
      model::forward_block(config, *blocks[static_cast<std::size_t>(b)], x, static_cast<int>(position), cache, b,
                           device);
    }
    if (position + 1 < tokens.size()) continue;
    tokens.push_back(kernels::sample_greedy(model::head(*head, x.view().row_span(0), workspace)));
    text += m.tokenizer()->piece(tokens.back());
    if (static_cast<sim::Tokens>(tokens.size()) == prompt + output) return text;
  }
}

}  // namespace orrery::tests
