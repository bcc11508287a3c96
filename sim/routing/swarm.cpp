// SWARM's stochastic wiring: every sender serves its next hops in the order of virtual times.
#include <algorithm>
#include <map>

#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

using Link = std::pair<NodeId, NodeId>;  // no node: the client

struct Wire {
  double priority = 0;  // virtual time at which it is served next [s]
  double time = 0;      // moving average of what a task takes over it [s]
};
using Wiring = std::map<Link, Wire>;

class Swarm final : public RoutingPolicy {
 public:
  struct Params {
    double initial = 0.05;
    double newest = 0.8;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("initial", &Params::initial, "s", "priority and time of a next hop that has not been tried", 1e-6, 1e6)
          .real("newest", &Params::newest, "1", "weight of the newest measurement in the moving average", 1e-3, 1);
    }
  };
  static About about() {
    return {
        "swarm", "the next hop with the least virtual time, which a choice advances by what hops there take",
        "Every sender, the client or a node, keeps a virtual time for each next hop. Among the nodes that serve the "
        "next "
        "block it takes the one with the least (ties to the lowest id) and adds to it the moving average of the "
        "time that tasks took there from being sent to being done, so that in the long run hops are used in "
        "inverse proportion to their times. Every step of every request updates the average: `newest` of the new "
        "measurement and the rest of the old. Prompts and decode steps are measured alike, and a request keeps its "
        "chain, as in Helix's SWARM baseline; SWARM itself trains, and wires every microbatch anew. Nodes keep their "
        "own books there; here each client keeps those of all senders for its own requests (ours). A next hop that "
        "appears later starts at the least virtual time of the others (ours). Memory and latencies are "
        "not looked at. Banned nodes are left out except where a block would have no server.",
        "Ryabinin et al., SWARM Parallelism, ICML 2023, arXiv:2301.11913 (appendix C); Mei et al., Helix, ASPLOS 2025 "
        "(the baseline and its constants)"};
  }
  explicit Swarm(const Params& params) : params_(params) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory& memory,
                     Draw&) const override {
    Wiring& wiring = memory.as<Wiring>();
    NodeId at = request.before;
    return walk(request, view, [&](std::span<const Candidate> here) {
      introduce(wiring, at, here);
      std::size_t best = 0;
      for (std::size_t i = 1; i < here.size(); ++i) {
        if (wiring.at({at, here[i].node->node}).priority < wiring.at({at, here[best].node->node}).priority) best = i;
      }
      Wire& wire = wiring.at({at, here[best].node->node});
      wire.priority += wire.time;
      at = here[best].node->node;
      return best;
    });
  }

  void observe(const Observation& seen, RoutingMemory& memory) const override {
    if (seen.what != Observation::What::step) return;
    Wiring& wiring = memory.as<Wiring>();
    const auto wire = wiring.find({seen.before, seen.hop.node});
    if (wire == wiring.end()) return;  // wired by a repair: from another sender
    wire->second.time = params_.newest * seen.seconds + (1 - params_.newest) * wire->second.time;
  }

 private:
  void introduce(Wiring& wiring, NodeId at, std::span<const Candidate> here) const {
    bool known = false;
    double least = 0;
    for (const Candidate& c : here) {
      const auto wire = wiring.find({at, c.node->node});
      if (wire == wiring.end()) continue;
      least = known ? std::min(least, wire->second.priority) : wire->second.priority;
      known = true;
    }
    for (const Candidate& c : here) {
      wiring.try_emplace({at, c.node->node}, Wire{known ? least : params_.initial, params_.initial});
    }
  }

  Params params_;
};

ORRERY_REGISTER(RoutingPolicy, Swarm);

}  // namespace
}  // namespace orrery::sim::routing
