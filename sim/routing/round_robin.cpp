// Taking turns.
#include <algorithm>
#include <map>

#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

// Per block at which a choice was made: whose turn it was last.
struct Turns {
  std::map<int, NodeId> last;
};

class RoundRobin final : public RoutingPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"round_robin", "in turn among the nodes that serve the next block",
            "At the first block not yet covered, takes the node with the next higher id than the one that it took at "
            "that block the last time, or the lowest after the highest; the node carries the request to the end of its "
            "span (or of the request). Each client takes its own turns and begins at a random node, so that clients do "
            "not march in step. A node that comes or goes disturbs nobody else's turn. Speed, load and latency are not "
            "looked at: every server of a block gets the same number of requests, which suits nodes that are alike. "
            "Repairs of chains take their turn like new requests. Banned nodes are left out except where a block would "
            "have no server.",
            "the usual scheduling discipline; turns per block of entry, for chains of spans: ours"};
  }
  explicit RoundRobin(const Params&) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory& memory,
                     Draw& draw) const override {
    Turns& turns = memory.as<Turns>();
    int block = request.span.begin;
    return walk(request, view, [&](std::span<const Candidate> here) {
      const auto [turn, first] = turns.last.try_emplace(block);
      std::size_t choice = draw.below(here.size());
      if (!first) {
        const auto next = std::find_if(here.begin(), here.end(),
                                       [last = turn->second](const Candidate& c) { return c.node->node > last; });
        choice = next == here.end() ? 0 : static_cast<std::size_t>(next - here.begin());
      }
      turn->second = here[choice].node->node;
      block = here[choice].span.end;
      return choice;
    });
  }
};

ORRERY_REGISTER(RoutingPolicy, RoundRobin);

}  // namespace
}  // namespace orrery::sim::routing
