// Traces of real stages of the embedded model, for tests of protocols.
#pragma once

#include "data/facts.hpp"
#include "sim/execution/gumbel.hpp"
#include "sim/execution/tape.hpp"

namespace orrery::tests {

// One model, its weights, and tapes that live as long as it does.
class TapeMaker {
 public:
  TapeMaker()
      : store_(kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                                 data::fact("model/tokenizer.json"))) {}

  static constexpr int prompt = 12;
  static constexpr std::uint64_t sampling_seed = 99;
  static constexpr double temperature = 0.8;

  // The whole model on one node: generates `count` tokens after a prompt under `conduct`, sampling as agreed.
  std::unique_ptr<sim::execution::Tape> generate(const sim::execution::Conduct& conduct, int count,
                                                 sim::Weights agreed = sim::Weights::full,
                                                 std::uint64_t seed = sampling_seed) {
    auto tape = empty({0, store_.model().config().layers}, prompt + count, agreed);
    std::vector<int> tokens = text(prompt);
    tape->run(conduct, embed(tokens), noise());
    for (int i = 0; i < count; ++i) {
      const int row = tape->rows() - 1;
      tokens.push_back(sim::execution::sample_gumbel(tape->readout(row), temperature, seed,
                                                     static_cast<std::uint32_t>(tokens.size())));
      if (i + 1 < count) tape->run(conduct, embed(std::span(tokens).last(1)), noise());
    }
    tape->set_tokens(tokens);
    return tape;
  }
  // A verifier's pass over another party's text.
  std::unique_ptr<sim::execution::Tape> prefill(const sim::execution::Tape& of,
                                                const sim::Arithmetic& arithmetic = {}) {
    auto tape = of.honest_twin(arithmetic);
    tape->set_tokens({of.tokens().begin(), of.tokens().end()});
    return tape;
  }
  std::unique_ptr<sim::execution::Tape> empty(sim::BlockSpan blocks, int capacity, sim::Weights agreed) {
    return std::make_unique<sim::execution::Tape>(
        store_, workspace_, blocks, prompt, capacity,
        sim::execution::Agreement{.weights = agreed, .sampling_seed = sampling_seed, .temperature = temperature});
  }
  kernels::Matrix embed(std::span<const int> tokens) { return kernels::model::embed(store_.embedding(), tokens); }
  std::vector<int> text(int length) const {
    const auto all = store_.model().tokenizer()->encode(data::fact("model/heldout.txt").substr(0, 2000));
    return {all.begin() + 20, all.begin() + 20 + length};
  }
  sim::execution::BlockStore& store() { return store_; }
  kernels::Workspace& workspace() { return workspace_; }
  static sim::Draw noise() { return {7, sim::Stream::test, 1}; }

 private:
  sim::execution::BlockStore store_;
  kernels::Workspace workspace_;
};

// A whole dialogue between an executor and a verifier.
inline sim::execution::Dialogue talk(const sim::execution::Inspection& protocol, const sim::execution::Trace& executor,
                                     const sim::execution::Trace& verifier, const sim::Draw& draw) {
  sim::execution::Dialogue said{protocol.commit(executor), {}, {}};
  for (int round = 0; round < protocol.rounds(verifier.blocks()); ++round) {
    said.questions.push_back(protocol.ask(said, verifier, draw));
    said.answers.push_back(protocol.answer(said, executor));
  }
  return said;
}

}  // namespace orrery::tests
