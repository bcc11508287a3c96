// What can be proved about a stage, and how: the executor holds a trace of what it did and the verifier one of its own
// recomputation; a protocol is a commitment, some questions with their answers, and a judgement. Messages are real
// bytes made on the rank of whoever speaks.
//
// The number of rounds is known beforehand, so that the simulating rank can order the whole dialogue without waiting
// for a word of it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <typeindex>
#include <vector>

#include "kernels/tensor.hpp"
#include "sim/execution/forward.hpp"
#include "sim/execution/judgement.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace orrery::sim::execution {

// What one party holds of a stage: positions 0 .. rows() - 1 through blocks().
class Trace {
 public:
  virtual ~Trace() = default;
  virtual BlockSpan blocks() const = 0;
  virtual int rows() const = 0;
  virtual int prompt() const = 0;  // rows below this one were given, the others generated
  // Rows after `depth` of the stage's blocks: 0 the input, blocks().size() the output.
  virtual kernels::ConstMatrixView tap(int depth) const = 0;
  // The inner values of a block of the stage, for all rows.
  virtual const Operators& operators(int block) const = 0;
  // The model's head over the row of the output: the next token's logits where the stage is the last one, and a fixed
  // view of the activations where it is not.
  virtual std::vector<float> readout(int row) const = 0;
  // The text, where this party has it: rows() tokens or one more. Empty on a stage that sees activations only.
  virtual std::span<const int> tokens() const = 0;
  // How tokens were drawn (gumbel.hpp): what both parties agreed on, not what the executor did.
  virtual std::uint64_t sampling_seed() const = 0;
  virtual double temperature() const = 0;
  // Rows that this party claims to have worked for.
  virtual double claimed_rows() const = 0;
  // What ran, as a trusted platform would measure it: program() below.
  virtual std::vector<std::uint64_t> program() const = 0;
  virtual std::uint32_t operator_number() const = 0;  // of the machine

  // Everybody knows the weights of the model that was agreed on.
  virtual const kernels::model::Config& config() const = 0;
  virtual const Block& agreed(int block) const = 0;
  virtual Weights agreed_weights() const = 0;

  // make(*this), kept for the protocol's next message. The function is the key and sees only the trace: a key made of
  // the protocol's address would bring back what an earlier owner of that address had kept.
  template <auto make>
  const auto& worked_out() const {
    using Value = decltype(make(*this));
    const std::type_index key = typeid(std::integral_constant<decltype(make), make>);
    if (kept_by_ != key) {
      kept_ = std::make_shared<Value>(make(*this));
      kept_by_ = key;
    }
    return *static_cast<const Value*>(kept_.get());
  }

 protected:
  void forget() { kept_by_ = typeid(void); }

 private:
  mutable std::type_index kept_by_ = typeid(void);
  mutable std::shared_ptr<void> kept_;
};

// The blocks that are run and the precision of weights and cache in each: two words a block.
std::vector<std::uint64_t> program(BlockSpan blocks, Weights weights);

using Message = std::vector<std::byte>;

struct Dialogue {
  Message commitment;
  std::vector<Message> questions;
  std::vector<Message> answers;  // as many as questions, except while the last one is being answered
};

class Inspection {
 public:
  virtual ~Inspection() = default;
  // Is the evidence made by a platform that sees what really runs? If not, an executor may show a trace that it made
  // for the occasion.
  virtual bool sees_what_ran() const { return false; }
  virtual int rounds(BlockSpan blocks) const;               // of questions, for a stage of these blocks: 0
  virtual Message commit(const Trace& executor) const = 0;  // executor's rank
  virtual Message ask(const Dialogue& so_far, const Trace& verifier, Draw draw) const;  // verifier's rank
  virtual Message answer(const Dialogue& so_far, const Trace& executor) const;          // executor's rank
  // `draw` is the one that asked: what the verifier kept to itself is drawn again, not stored.
  virtual Judgement judge(const Dialogue& dialogue, const Trace& verifier, Draw draw) const = 0;
};

}  // namespace orrery::sim::execution
