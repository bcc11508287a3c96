// One request served by an executor and looked at by a verifier, both in earnest.
#pragma once

#include <memory>
#include <string>

#include "sim/behaviour/policy.hpp"
#include "sim/execution/tape.hpp"
#include "sim/numerics.hpp"

namespace orrery::sim::detection {

// What every party to a trial knows.
struct Setting {
  const Population* population = nullptr;
  BlockSpan blocks;  // of the executor; all of the model: it also samples the text
  int prompt = 0;
  int generated = 0;
  double temperature = 0.8;
  std::uint64_t seed = 0;
  int rows() const { return prompt + generated - 1; }  // the last token is not fed back
};

// What executor and verifier of a sequence agreed on.
execution::Agreement agreement(const Setting& setting, std::uint32_t sequence);

// A rank's means to take part: the model in every precision, a text to take prompts from.
class Bench {
 public:
  Bench(std::shared_ptr<const kernels::model::Model> model, const std::string& text, int threads);

  // What the executor made: `tape` is what it did, `shown` what it makes its evidence from.
  struct Work {
    std::unique_ptr<execution::Tape> tape;
    std::unique_ptr<execution::Tape> proof;  // null: the tape itself
    std::string cheat;
    bool forges = false;  // whatever it says is all zeros
    const execution::Tape& shown() const { return proof ? *proof : *tape; }
  };
  Work execute(const Setting& setting, const behaviour::BehaviourPolicy& behaviour, std::uint32_t sequence);

  // Does the behaviour do anything but honest work in this setting? A stage may be too small for a cheat, and where no
  // token is drawn none is drawn wrongly.
  bool cheats(const Setting& setting, const behaviour::BehaviourPolicy& behaviour) const;

  // What the verifier is sent: the text, or on a stage in the middle the rows that went in.
  execution::Message handover(const Setting& setting, const Work& work) const;
  std::unique_ptr<execution::Tape> recompute(const Setting& setting, const execution::Message& handover,
                                             std::uint32_t sequence);

  // How good the text was that the user got, in the eyes of the honest model.
  struct Quality {
    double nats = 0;       // mean of -log p(token), the model's own at temperature 1
    double agreement = 0;  // share of tokens that an honest executor would have drawn after the same text
  };
  Quality quality(const Setting& setting, const execution::Tape& verifier) const;

  const kernels::model::Model& model() const { return store_.model(); }
  execution::BlockStore& store() { return store_; }
  kernels::Workspace& workspace() { return workspace_; }

  // The first `length` tokens of a sequence's text, of which the prompt are the first.
  std::vector<int> window(const Setting& setting, std::uint32_t sequence, int length) const;

 private:
  const Arithmetic& device(const Setting& setting, std::uint32_t sequence, bool verifier) const;
  behaviour::Conduct conduct_of(const Setting& setting, const behaviour::BehaviourPolicy& behaviour,
                                std::uint32_t sequence) const;
  std::unique_ptr<execution::Tape> new_tape(const Setting& setting, std::uint32_t sequence);
  void generate(const Setting& setting, const behaviour::Conduct& conduct, std::uint32_t sequence,
                execution::Tape& tape);
  kernels::Matrix stage_input(const Setting& setting, std::uint32_t sequence);
  bool whole(const Setting& setting) const { return setting.blocks.size() == model().config().layers; }

  execution::BlockStore store_;
  kernels::Workspace workspace_;
  std::vector<int> corpus_;
};

}  // namespace orrery::sim::detection
