// Mixtral's shape scaled down, with random weights and the embedded model's tokenizer.
#pragma once

#include <memory>

#include "data/facts.hpp"
#include "kernels/model/model.hpp"
#include "kernels/model/random.hpp"
#include "kernels/model/vocabulary.hpp"
#include "tests/sim/execution/embedded.hpp"

namespace orrery::tests {

// Mixtral 8x7B (Jiang et al., 2024) at a 32nd of its width: 4 query heads on a key-value head, ffn 3.5 times hidden, 8
// experts of which a token uses 2.
inline kernels::model::Config mixture_config() {
  kernels::model::Config c;
  c.layers = 4, c.hidden = 128, c.heads = 4, c.kv_heads = 1, c.head_dim = 32, c.ffn = 448;
  c.experts = 8, c.experts_active = 2;
  c.vocab = 1024, c.context = 128, c.rope_theta = 1e6F;
  return c;
}

inline std::shared_ptr<const kernels::model::Model> mixture_model() {
  kernels::model::Source source = kernels::model::random_source(mixture_config(), 21);
  source.vocabulary = kernels::model::parse_hf_vocabulary("tokenizer.json", data::fact("model/tokenizer.json"),
                                                          data::fact("model/config.json"));
  source.check();
  return kernels::model::Model::make(std::move(source));
}

inline sim::execution::WorkerSetup mixture_setup(std::uint64_t seed, bool spread) {
  sim::execution::WorkerSetup setup = embedded_setup(seed, kernels::WireFormat::fp32);
  setup.model = mixture_model();
  setup.spread_experts = spread;
  return setup;
}

}  // namespace orrery::tests
