// The client keeps what went into every node and sends it again.
#include "sim/failover/policy.hpp"

namespace orrery::sim::failover {
namespace {

class Replay final : public FailoverPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"replay", "the client keeps the inputs of every node and replays them to a replacement",
            "Every node sends its outputs to its successor and to the client. When a part of the chain is lost, only "
            "that span is routed anew; the client sends the kept inputs of its first block through the replacement, in "
            "prefill chunks, which rebuilds the KV cache, and the chain goes on where it stopped. The legs before and "
            "after keep their caches. Costs the outputs of all nodes on the client's link all the time, and at a loss "
            "one prefill of the lost span.",
            "Borzunov et al., Distributed Inference and Fine-tuning of LLMs over the Internet, NeurIPS 2023, "
            "arXiv:2312.08361, section 3.1"};
  }
  explicit Replay(const Params&) {}

  Care care() const override { return {}; }
  Recovery recover(const Loss&) const override { return {}; }
};

ORRERY_REGISTER(FailoverPolicy, Replay);

}  // namespace
}  // namespace orrery::sim::failover
