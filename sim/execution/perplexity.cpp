#include "sim/execution/perplexity.hpp"

#include "kernels/sample.hpp"

namespace orrery::sim::execution {
namespace {

namespace model = kernels::model;

struct Loaded {
  const model::Config& config;
  std::vector<std::shared_ptr<const model::BlockWeights>> blocks;
  std::shared_ptr<const model::EmbeddingWeights> embedding;
  std::shared_ptr<const model::HeadWeights> head;
};

Loaded load(const model::Model& m) {
  Loaded loaded{m.config(), {}, m.load_embedding(), m.load_head()};
  for (int b = 0; b < loaded.config.layers; ++b) loaded.blocks.push_back(m.load_block(b));
  return loaded;
}

void cross_wire(kernels::WireFormat wire, kernels::Matrix& x) {
  std::vector<std::byte> bytes(kernels::encoded_bytes(wire, x.rows(), x.cols()));
  kernels::encode(wire, x, bytes);
  kernels::decode(wire, bytes, x);
}

// Logits of every position of one window.
kernels::Matrix logits(const Loaded& m, std::span<const int> tokens, kernels::WireFormat wire,
                       const std::vector<int>& cuts, kernels::Workspace& workspace) {
  kernels::Matrix x = model::embed(*m.embedding, tokens);
  model::KvCache cache(m.config, 0, m.config.layers, static_cast<int>(tokens.size()));
  cross_wire(wire, x);
  for (std::size_t stage = 0; stage + 1 < cuts.size(); ++stage) {
    for (int b = cuts[stage]; b < cuts[stage + 1]; ++b) {
      model::forward_block(m.config, *m.blocks[static_cast<std::size_t>(b)], x, 0, cache, b, workspace);
    }
    cross_wire(wire, x);
  }
  kernels::Matrix out(x.rows(), m.config.vocab);
  model::head(*m.head, x, out, workspace);
  return out;
}

}  // namespace

Perplexity perplexity(const model::Model& m, std::string_view text, kernels::WireFormat wire,
                      const std::vector<int>& cuts, int window, int threads) {
  EXPECT(cuts.size() >= 2 && cuts.front() == 0 && cuts.back() == m.config().layers);
  EXPECT(window >= 2 && window <= m.config().context);
  const Loaded loaded = load(m);
  const std::vector<int> tokens = m.tokenizer()->encode(text);
  VALIDATE(static_cast<int>(tokens.size()) >= window, "perplexity",
           "text of " + std::to_string(tokens.size()) + " tokens is too short",
           "a window has " + std::to_string(window) + " tokens");
  kernels::Workspace workspace(kernels::Cpu{kernels::best_isa(), threads});
  Perplexity result;
  double nats = 0;
  Tokens agree = 0;
  const auto length = static_cast<std::size_t>(window);
  for (std::size_t start = 0; start + length <= tokens.size(); start += length) {
    const auto ids = std::span(tokens).subspan(start, length);
    const kernels::Matrix out = logits(loaded, ids, wire, cuts, workspace);
    const kernels::Matrix plain = logits(loaded, ids, kernels::WireFormat::fp32, cuts, workspace);
    for (int i = 0; i + 1 < window; ++i) {
      const auto row = out.view().row_span(i);
      nats -= kernels::log_probability(row, ids[static_cast<std::size_t>(i) + 1]);
      agree += kernels::sample_greedy(row) == kernels::sample_greedy(plain.view().row_span(i)) ? 1 : 0;
      ++result.scored;
    }
  }
  result.nats_per_token = nats / static_cast<double>(result.scored);
  result.top1_agreement = static_cast<double>(agree) / static_cast<double>(result.scored);
  return result;
}

}  // namespace orrery::sim::execution
