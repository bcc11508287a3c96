// A trace that was recorded while a stage ran: the rows at every block boundary. Inner values are recomputed when asked
// for, with the conduct that made the rows: a row's bits depend on no batch, so they are the ones that were there.
#pragma once

#include <map>

#include "sim/execution/conduct.hpp"
#include "sim/execution/inspection.hpp"

namespace orrery::sim::execution {

// What both parties agreed on about a request.
struct Agreement {
  Weights weights = Weights::full;  // the model's precision
  std::uint64_t sampling_seed = 0;
  double temperature = 0;
};

class Tape final : public Trace {
 public:
  // `store`, `workspace` and `experts` (as in forward()) outlive the tape; it takes up to `capacity` rows.
  Tape(BlockStore& store, kernels::Workspace& workspace, BlockSpan blocks, int prompt, int capacity,
       const Agreement& agreement, ExpertRows* experts = nullptr);

  // Runs rows on through the stage under `conduct`, records them, and gives the output. Rows continue those before.
  // `noise` is who draws where the conduct is to put out noise.
  kernels::Matrix run(const Conduct& conduct, kernels::ConstMatrixView input, Draw noise);
  // The same stage over the same inputs, honestly.
  std::unique_ptr<Tape> honest_twin(const Arithmetic& arithmetic) const;
  void set_tokens(std::vector<int> tokens) { tokens_ = std::move(tokens); }
  void set_claimed(double factor) { claimed_ = factor; }
  void set_operator(std::uint32_t number) { operator_ = number; }

  BlockSpan blocks() const override { return blocks_; }
  int rows() const override { return rows_; }
  int prompt() const override { return prompt_; }
  kernels::ConstMatrixView tap(int depth) const override;
  const Operators& operators(int block) const override;  // RunError for a mixture of experts
  std::vector<float> readout(int row) const override;
  std::span<const int> tokens() const override { return tokens_; }
  std::uint64_t sampling_seed() const override { return agreement_.sampling_seed; }
  double temperature() const override { return agreement_.temperature; }
  double claimed_rows() const override { return claimed_ * rows_; }
  std::vector<std::uint64_t> program() const override;
  std::uint32_t operator_number() const override { return operator_; }
  const kernels::model::Config& config() const override { return store_.model().config(); }
  const Block& agreed(int block) const override { return store_.block(block, agreement_.weights); }
  Weights agreed_weights() const override { return agreement_.weights; }

 private:
  void record(int depth, kernels::ConstMatrixView rows);

  BlockStore& store_;
  kernels::Workspace& workspace_;
  BlockSpan blocks_;
  int prompt_;
  int capacity_;
  Agreement agreement_;
  ExpertRows* experts_;
  kernels::model::KvCache cache_;
  int rows_ = 0;
  std::vector<std::vector<float>> taps_;  // [depth][rows * hidden]
  struct Run {
    Conduct conduct;
    int first, count;
  };
  std::vector<Run> runs_;
  std::vector<int> tokens_;
  double claimed_ = 1;
  std::uint32_t operator_ = 0;
  mutable std::map<int, Operators> operators_;
};

// What a party that would say `honest` says: that, or as many zeros (Conduct::forges).
Message spoken(Message honest, bool forges);

}  // namespace orrery::sim::execution
