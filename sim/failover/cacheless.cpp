// Keep nothing: every step passes the whole sequence.
#include "sim/failover/policy.hpp"

namespace orrery::sim::failover {
namespace {

class Cacheless final : public FailoverPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"cacheless", "no KV cache is kept: every step computes all positions again",
            "Nodes are stateless: each step sends all positions so far through the chain as one pass, and a node needs "
            "KV memory for one block of one pass at a time, which is what is reserved. A loss costs the step at hand: "
            "the lost span is routed anew and the step is repeated, nothing else. The price is paid without losses: "
            "step t costs t times the compute and the bytes, so a sequence grows with the square of its length. Ours: "
            "that a node hands its outputs straight to the next node rather than through the client.",
            "a baseline of Borzunov et al., NeurIPS 2023, arXiv:2312.08361"};
  }
  explicit Cacheless(const Params&) {}

  Care care() const override { return {.caches = false, .inputs = false}; }
  Recovery recover(const Loss&) const override { return {}; }
};

ORRERY_REGISTER(FailoverPolicy, Cacheless);

}  // namespace
}  // namespace orrery::sim::failover
