// Every so many positions the KV cache is brought up to date elsewhere.
#include "sim/failover/policy.hpp"

namespace orrery::sim::failover {
namespace {

class Checkpoint final : public FailoverPolicy {
 public:
  struct Params {
    std::int64_t every = 64;
    std::string holder = "client";
    static Fields<Params> fields() {
      return Fields<Params>()
          .integer("every", &Params::every, "token", "positions between two checkpoints of a KV cache", 1, 1e6)
          .choice("holder", &Params::holder, {"client", "neighbour"},
                  "who keeps it: the client, which outlives every node of the chain, or the next node of the chain, "
                  "whose memory it takes");
    }
  };
  static About about() {
    return {
        "checkpoint", "every n positions a node sends the KV entries since the last time to a holder",
        "A node that has computed `every` positions since its last checkpoint sends their KV entries to the holder. "
        "When it is lost, its span is routed anew, the holder sends the checkpoint to the replacement, and the "
        "positions after it are replayed from the client's kept inputs: at most `every` of them and what was under "
        "way. Moves the same bytes as a replica but in larger pieces, and recomputes more. With holder = "
        "\"client\" no node's memory is needed and no loss of a node loses a checkpoint, but the client's link "
        "carries all of it, at a loss as well; \"neighbour\" is as in failover.replica. The interval is a swept "
        "parameter; its default, 64 positions, is ours.",
        "Young, A first order approximation to the optimum checkpoint interval, CACM 17 (1974) for the trade; "
        "incremental KV checkpoints along a chain: ours"};
  }
  explicit Checkpoint(const Params& params) : params_(params) {}

  Care care() const override {
    return {.copy_every = params_.every, .holder = params_.holder == "client" ? Holder::client : Holder::neighbour};
  }
  Recovery recover(const Loss& loss) const override { return {.restored = loss.copied}; }

 private:
  Params params_;
};

ORRERY_REGISTER(FailoverPolicy, Checkpoint);

}  // namespace
}  // namespace orrery::sim::failover
