// Begin again.
#include "sim/failover/policy.hpp"

namespace orrery::sim::failover {
namespace {

class Restart final : public FailoverPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"restart", "a loss restarts the whole sequence over a new chain",
            "Nothing is kept for the case of a loss. When any part of a chain is lost, the client closes all of it, "
            "routes the whole model anew, feeds the prompt again and generates every token again, one step after the "
            "other; the user gets no token twice and the text is the same, since sampling draws depend on request and "
            "position only. With a probability q that a step succeeds, a sequence of L steps takes (q^-L - 1) / (1 - "
            "q) steps in expectation, which `./orrery validate` compares with. Saves the bytes of outputs to the "
            "client. Ours: that generated tokens are stepped through again rather than fed as a prompt.",
            "a baseline of Borzunov et al., NeurIPS 2023, arXiv:2312.08361"};
  }
  explicit Restart(const Params&) {}

  Care care() const override { return {.inputs = false}; }
  Recovery recover(const Loss&) const override { return {.restart = true}; }
};

ORRERY_REGISTER(FailoverPolicy, Restart);

}  // namespace
}  // namespace orrery::sim::failover
