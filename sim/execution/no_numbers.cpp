#include "sim/execution/numbers.hpp"

namespace orrery::sim::execution {

Ticket Numbers::examine(const Examination&) {
  fail_contract("precondition", "numbers that can be examined", __FILE__, __LINE__);
}

std::optional<Judgement> Numbers::judgement(RequestId, Ticket) {
  fail_contract("precondition", "numbers that can be examined", __FILE__, __LINE__);
}

namespace {

class NoNumbers final : public Numbers {
 public:
  void open(RequestId, Tokens, Tokens) override {}
  Handle embed(RequestId, Tokens, Tokens) override { return 0; }
  Handle run(const StageTask&) override { return 0; }
  CachePiece save(const SessionKey&, BlockSpan cache, Tokens first, Tokens count) override {
    return {cache, first, count, 0};
  }
  void restore(const SessionKey&, BlockSpan, const CachePiece&) override {}
  Handle keep(const SessionKey&, BlockSpan, Tokens) override { return 0; }
  void adopt(const SessionKey&, BlockSpan, const CachePiece&) override {}
  void forget(const SessionKey&, Handle) override {}
  Handle join(RequestId, std::span<const Handle>) override { return 0; }
  void sample(RequestId, Tokens, Handle) override {}
  // Lengths come from the workload; a text that is not computed does not end early.
  bool is_end(RequestId, Tokens) override { return false; }
  void drop(const SessionKey&) override {}
  void close(RequestId) override {}
  std::vector<std::string> finish() override { return {}; }
};

}  // namespace

std::unique_ptr<Numbers> make_no_numbers() { return std::make_unique<NoNumbers>(); }

}  // namespace orrery::sim::execution
