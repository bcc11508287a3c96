#include "sim/detection/trial.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/sample.hpp"
#include "sim/execution/gumbel.hpp"

namespace orrery::sim::detection {

namespace model = kernels::model;
using execution::Tape;

Bench::Bench(std::shared_ptr<const model::Model> model, const std::string& text, int threads)
    : store_(std::move(model)), workspace_(kernels::Cpu{kernels::best_isa(), threads}) {
  VALIDATE(store_.model().tokenizer() != nullptr, "calibration", "the model has no tokenizer",
           "prompts are windows of a text", "Put tokenizer.json or tokenizer.bin beside the weights.");
  corpus_ = store_.model().tokenizer()->encode(text);
}

// Executors and verifiers go through all pairs of devices as sequences are counted up.
const Arithmetic& Bench::device(const Setting& setting, std::uint32_t sequence, bool verifier) const {
  const auto& members = setting.population->members;
  const std::size_t turn = verifier ? sequence / members.size() : sequence;
  return members[turn % members.size()];
}

execution::Agreement agreement(const Setting& setting, std::uint32_t sequence) {
  return {.weights = setting.population->agreed,
          .sampling_seed = setting.seed + (std::uint64_t{sequence} << 20),
          .temperature = setting.temperature};
}

std::unique_ptr<Tape> Bench::new_tape(const Setting& setting, std::uint32_t sequence) {
  auto tape = std::make_unique<Tape>(store_, workspace_, setting.blocks, setting.prompt, setting.rows(),
                                     agreement(setting, sequence));
  tape->set_operator(sequence);
  return tape;
}

std::vector<int> Bench::window(const Setting& setting, std::uint32_t sequence, int length) const {
  VALIDATE(static_cast<int>(corpus_.size()) > length, "calibration",
           "the text has " + std::to_string(corpus_.size()) + " tokens", "a prompt takes " + std::to_string(length));
  Draw draw(setting.seed, Stream::length, sequence);
  const auto start = static_cast<std::ptrdiff_t>(draw.below(corpus_.size() - static_cast<std::size_t>(length)));
  return {corpus_.begin() + start, corpus_.begin() + start + length};
}

void Bench::generate(const Setting& setting, const behaviour::Conduct& conduct, std::uint32_t sequence, Tape& tape) {
  std::vector<int> tokens = window(setting, sequence, setting.prompt);
  const Draw noise(setting.seed, Stream::behaviour, sequence, std::uint64_t{1} << 40);
  tape.run(conduct.stage, model::embed(store_.embedding(), tokens), noise);
  for (int i = 0; i < setting.generated; ++i) {
    tokens.push_back(
        execution::sample_gumbel(tape.readout(tape.rows() - 1), setting.temperature * conduct.temperature_factor,
                                 tape.sampling_seed() + conduct.seed_shift, static_cast<std::uint32_t>(tokens.size())));
    if (i + 1 == setting.generated) break;
    const Draw more(setting.seed, Stream::behaviour, sequence, (std::uint64_t{2} << 40) + (std::uint64_t(i) << 24));
    tape.run(conduct.stage, model::embed(store_.embedding(), std::span(tokens).last(1)), more);
  }
  tape.set_tokens(std::move(tokens));
}

// A stage in the middle is fed what honest canonical nodes before it would have sent.
kernels::Matrix Bench::stage_input(const Setting& setting, std::uint32_t sequence) {
  const std::vector<int> tokens = window(setting, sequence, setting.rows());
  kernels::Matrix x = model::embed(store_.embedding(), tokens);
  if (setting.blocks.begin == 0) return x;
  Tape before(store_, workspace_, {0, setting.blocks.begin}, setting.prompt, setting.rows(), {});
  return before.run({.honest = {.weights = setting.population->agreed}}, x, Draw(0, Stream::behaviour, 0));
}

behaviour::Conduct Bench::conduct_of(const Setting& setting, const behaviour::BehaviourPolicy& behaviour,
                                     std::uint32_t sequence) const {
  Draw draw(setting.seed, Stream::behaviour, sequence);
  return behaviour.act({NodeId(sequence), RequestId(sequence), setting.blocks, 0, setting.rows(), setting.prompt,
                        device(setting, sequence, false)},
                       {}, nullptr, draw);
}

// Devices take turns, so the first sequences show all of them.
bool Bench::cheats(const Setting& setting, const behaviour::BehaviourPolicy& behaviour) const {
  constexpr std::uint32_t draws = 64;  // of a behaviour that cheats now and then
  const bool samples = whole(setting) && setting.generated > 0;
  const auto enough = std::max(draws, static_cast<std::uint32_t>(setting.population->members.size()));
  for (std::uint32_t sequence = 0; sequence < enough; ++sequence) {
    if (behaviour::cheats(conduct_of(setting, behaviour, sequence), setting.blocks, samples)) return true;
  }
  return false;
}

Bench::Work Bench::execute(const Setting& setting, const behaviour::BehaviourPolicy& behaviour,
                           std::uint32_t sequence) {
  const Arithmetic& honest = device(setting, sequence, false);
  const behaviour::Conduct conduct = conduct_of(setting, behaviour, sequence);
  Work work{new_tape(setting, sequence), nullptr, conduct.cheat};
  work.tape->set_claimed(conduct.claimed);
  if (whole(setting)) {
    generate(setting, conduct, sequence, *work.tape);
  } else {
    work.tape->run(conduct.stage, stage_input(setting, sequence),
                   Draw(setting.seed, Stream::behaviour, sequence, std::uint64_t{1} << 40));
  }
  work.forges = conduct.stage.forges;
  if (conduct.stage.proves_honestly) work.proof = work.tape->honest_twin(honest);
  return work;
}

execution::Message Bench::handover(const Setting& setting, const Work& work) const {
  const auto bytes = [](const auto& values) {
    execution::Message m(values.size_bytes());
    std::memcpy(m.data(), values.data(), m.size());
    return m;
  };
  if (whole(setting)) return bytes(work.tape->tokens());
  const kernels::ConstMatrixView input = work.tape->tap(0);
  return bytes(std::span(input.data, static_cast<std::size_t>(input.rows) * static_cast<std::size_t>(input.cols)));
}

std::unique_ptr<Tape> Bench::recompute(const Setting& setting, const execution::Message& handover,
                                       std::uint32_t sequence) {
  auto tape = new_tape(setting, sequence);
  const execution::Conduct honest{.honest = device(setting, sequence, true)};
  const Draw none(0, Stream::behaviour, 0);
  if (whole(setting)) {
    std::vector<int> tokens(handover.size() / sizeof(int));
    std::memcpy(tokens.data(), handover.data(), handover.size());
    const auto rows = static_cast<std::size_t>(setting.rows());
    EXPECT(tokens.size() == rows + 1);
    tape->run(honest, model::embed(store_.embedding(), std::span(tokens).first(rows)), none);
    tape->set_tokens(std::move(tokens));
  } else {
    kernels::Matrix input(setting.rows(), model().config().hidden);
    EXPECT(handover.size() == input.size() * sizeof(float));
    std::memcpy(input.data(), handover.data(), handover.size());
    tape->run(honest, input, none);
  }
  return tape;
}

Bench::Quality Bench::quality(const Setting& setting, const Tape& verifier) const {
  Quality q;
  for (int at = setting.prompt; at < static_cast<int>(verifier.tokens().size()); ++at) {
    const std::vector<float> logits = verifier.readout(at - 1);
    const int token = verifier.tokens()[static_cast<std::size_t>(at)];
    q.nats -= kernels::log_probability(logits, token);
    const int honest =
        execution::sample_gumbel(logits, setting.temperature, verifier.sampling_seed(), static_cast<std::uint32_t>(at));
    q.agreement += honest == token ? 1 : 0;
  }
  q.nats /= setting.generated;
  q.agreement /= setting.generated;
  return q;
}

}  // namespace orrery::sim::detection
