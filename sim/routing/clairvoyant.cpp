// An oracle, for reference: routes on the swarm as it is at this instant, and knows when each node will leave.
#include "sim/routing/hindsight.hpp"

namespace orrery::sim::routing {
namespace {

class Clairvoyant final : public RoutingPolicy {
 public:
  struct Params {
    double loss_s = 12;
    double refusal_s = 5;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("loss_s", &Params::loss_s, "s", "time from a node's loss to a new chain", 0, 1e4)
          .real("refusal_s", &Params::refusal_s, "s", "time lost to a node without KV room", 0, 1e4);
    }
  };
  static About about() {
    return {"clairvoyant", "ORACLE, for reference only: the least time to completion on the true state of the swarm",
            "No client could do this: at the moment of a decision it is shown every node as it is, not as it was "
            "announced (who is there, which blocks it serves, its latest step times, its free KV memory) and when "
            "each will leave. It takes the chain with the least time to completion, reckoned as foresight does: every "
            "token pays the latencies of the hops and the measured time per block, the prompt goes through at the "
            "rate of large batches, and a node that leaves before the request is complete costs a loss. It still is "
            "greedy: requests to come and its own effect on others are not known to it, so others may beat it where "
            "herding decides. Use it to see what better information would be worth; serving.measure_regret compares "
            "every other policy's choices with its own, decision by decision.",
            "ours"};
  }
  explicit Clairvoyant(const Params& params) : prices_{params.loss_s, params.refusal_s} {}

  bool oracle() const override { return true; }
  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory&, Draw&) const override {
    return best_in_hindsight(request, view, prices_).outcome;
  }

 private:
  HindsightPrices prices_;
};

ORRERY_REGISTER(RoutingPolicy, Clairvoyant);

}  // namespace
}  // namespace orrery::sim::routing
