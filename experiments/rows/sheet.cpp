#include "experiments/rows/sheet.hpp"

#include "kernels/contract.hpp"

namespace orrery::experiments::rows {

using sim::execution::Dialogue;
using sim::execution::Operators;

namespace {

kernels::Matrix noise(int rows, int width, sim::Draw& draw) {
  kernels::Matrix m(rows, width);
  for (float& x : m.span()) x = static_cast<float>(draw.normal());
  return m;
}

// One other bit in each row is enough to be another row.
void change(kernels::Matrix& m) {
  for (int r = 0; r < m.rows(); ++r) m(r, 0) += 1;
}

kernels::Matrix& inner(Operators& ops, int index) {
  kernels::Matrix* const all[] = {&ops.attention_norm, &ops.qkv,     &ops.mixed, &ops.attention,
                                  &ops.ffn_norm,       &ops.gate_up, &ops.gated, &ops.ffn};
  return *all[index];
}

}  // namespace

Sheet::Sheet(int blocks, int rows, int width, std::uint32_t which) {
  sim::Draw draw(7, sim::Stream::test, which);
  for (int depth = 0; depth <= blocks; ++depth) taps_.push_back(noise(rows, width, draw));
  for (int b = 0; b < blocks; ++b) {
    Operators& ops = operators_.emplace_back();
    for (int i = 0; i < Operators::count; ++i) inner(ops, i) = noise(rows, width, draw);
  }
}

void Sheet::change_from_depth(int depth) {
  for (auto d = static_cast<std::size_t>(depth); d < taps_.size(); ++d) change(taps_[d]);
}

void Sheet::change_from_operator(int index) {
  const int block = index / Operators::count;
  for (int b = block; b < blocks().end; ++b) {
    for (int i = b == block ? index % Operators::count : 0; i < Operators::count; ++i)
      change(inner(operators_[static_cast<std::size_t>(b)], i));
  }
  change_from_depth(block + 1);
}

void Sheet::no_model() { fail_contract("precondition", "a trace with a model behind it", __FILE__, __LINE__); }

Dialogue talk(const sim::execution::Inspection& protocol, const sim::execution::Trace& executor,
              const sim::execution::Trace& verifier, const sim::Draw& draw) {
  Dialogue said{protocol.commit(executor), {}, {}};
  for (int round = 0; round < protocol.rounds(verifier.blocks()); ++round) {
    said.questions.push_back(protocol.ask(said, verifier, draw));
    said.answers.push_back(protocol.answer(said, executor));
  }
  return said;
}

}  // namespace orrery::experiments::rows
