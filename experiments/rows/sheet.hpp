// A trace that is written down instead of computed: rows and inner values drawn at random, changed where a cheat would
// have changed them. What a protocol makes of places and sizes, it makes of these as of real ones, thousands of times
// a second.
#pragma once

#include <deque>
#include <vector>

#include "sim/execution/inspection.hpp"

namespace orrery::experiments::rows {

class Sheet final : public sim::execution::Trace {
 public:
  // Generated positions 0 .. rows - 1 through blocks 0 .. blocks - 1, `width` values each.
  Sheet(int blocks, int rows, int width, std::uint32_t which);

  // All rows from this depth on are other ones: the cheat began in block depth - 1.
  void change_from_depth(int depth);
  // All operators from this one on, counted over the blocks, are other ones; so are the rows that leave their blocks.
  void change_from_operator(int index);

  sim::BlockSpan blocks() const override { return {0, static_cast<int>(operators_.size())}; }
  int rows() const override { return taps_.front().rows(); }
  int prompt() const override { return 0; }
  kernels::ConstMatrixView tap(int depth) const override { return taps_.at(static_cast<std::size_t>(depth)); }
  const sim::execution::Operators& operators(int block) const override {
    return operators_.at(static_cast<std::size_t>(block));
  }
  std::span<const int> tokens() const override { return {}; }
  std::uint64_t sampling_seed() const override { return 0; }
  double temperature() const override { return 0; }
  double claimed_rows() const override { return rows(); }
  std::vector<std::uint64_t> program() const override { return {}; }
  std::uint32_t operator_number() const override { return 0; }
  sim::Weights agreed_weights() const override { return sim::Weights::full; }
  // There is no model behind it: a protocol that asks for one cannot be played on a sheet.
  std::vector<float> readout(int) const override { no_model(); }
  const kernels::model::Config& config() const override { no_model(); }
  const sim::execution::Block& agreed(int) const override { no_model(); }

 private:
  [[noreturn]] static void no_model();

  std::vector<kernels::Matrix> taps_;
  std::deque<sim::execution::Operators> operators_;
};

// A whole dialogue between an executor and a verifier, who draws with `draw`.
sim::execution::Dialogue talk(const sim::execution::Inspection& protocol, const sim::execution::Trace& executor,
                              const sim::execution::Trace& verifier, const sim::Draw& draw);

}  // namespace orrery::experiments::rows
