#include "sim/execution/inspection.hpp"

namespace orrery::sim::execution {

std::vector<std::uint64_t> program(BlockSpan blocks, Weights weights) {
  std::vector<std::uint64_t> words;
  for (int b = blocks.begin; b < blocks.end; ++b) {
    words.push_back(static_cast<std::uint64_t>(b));
    words.push_back(pack({.weights = weights}));
  }
  return words;
}

int Inspection::rounds(BlockSpan) const { return 0; }

Message Inspection::ask(const Dialogue&, const Trace&, Draw) const {
  fail_contract("precondition", "a protocol with questions", __FILE__, __LINE__);
}

Message Inspection::answer(const Dialogue&, const Trace&) const {
  fail_contract("precondition", "a protocol with answers", __FILE__, __LINE__);
}

}  // namespace orrery::sim::execution
