// The next node of the chain keeps a replica of the KV cache.
#include "sim/failover/policy.hpp"

namespace orrery::sim::failover {
namespace {

class Replica final : public FailoverPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"replica", "a neighbour in the chain holds a replica of each KV cache, updated with every position",
            "After each stage a node sends the new KV entries to the next node of the chain (the last one to the one "
            "before it; a node alone to the nearest node outside that announced room for them, or else to the client), "
            "which sets memory aside for them. When a node is lost, its span is "
            "routed anew, the holder sends the replica to the replacement, and only positions that the replica lacks "
            "are replayed from the client's kept inputs. Costs the KV bytes of each position on the links of the chain "
            "all the time, the memory of the cache twice, and at a loss the transfer of the cache. A replica never "
            "displaces a session: where memory is short it is dropped, and where node and holder go together it is "
            "gone; then the inputs are replayed. A new holder is sent the whole cache. Ours: the ring of a pipeline is "
            "an open chain here, and the choice of the holder at its end and of one outside.",
            "Strati et al., DejaVu: KV-cache Streaming for Fast, Fault-tolerant Generative LLM Serving, ICML 2024, "
            "arXiv:2403.01876 (replication to the neighbour)"};
  }
  explicit Replica(const Params&) {}

  Care care() const override { return {.copy_every = 1, .holder = Holder::neighbour}; }
  Recovery recover(const Loss& loss) const override { return {.restored = loss.copied}; }
};

ORRERY_REGISTER(FailoverPolicy, Replica);

}  // namespace
}  // namespace orrery::sim::failover
