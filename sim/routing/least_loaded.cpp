// Join the shortest queue, in seconds.
#include <algorithm>

#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

// Seconds that the node needs per block of progress if every waiting task takes as many blocks as ours.
double wait_per_block(const Candidate& c) { return (c.node->queue + 1) / c.node->inference_rps; }

class LeastLoaded final : public RoutingPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"least_loaded", "the shortest announced queue, in seconds, among the nodes that serve the next block",
            "At the first block not yet covered, takes the node with the smallest (queue + 1) / inference_rps: the "
            "stage tasks it announced as waiting or running and ours, over its one-token block passes per second. "
            "That is the time to get one block further if the waiting tasks are like ours. Ties go to the lowest id. "
            "The node carries the request to the end of its span (or of the request). Queues are as old as the "
            "announcements, so clients that see the same view all choose the same node until the next one: herding is "
            "part of what this policy shows. Latency is not looked at. Banned nodes are left out except where a block "
            "would have no server.",
            "Winston, Optimality of the shortest line discipline, J. Appl. Prob. 14 (1977) for the rule; queues over "
            "rates along a chain of spans: ours"};
  }
  explicit LeastLoaded(const Params&) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory&, Draw&) const override {
    return walk(request, view, [](std::span<const Candidate> here) {
      const auto best = std::min_element(here.begin(), here.end(), [](const Candidate& a, const Candidate& b) {
        return wait_per_block(a) < wait_per_block(b);
      });
      return static_cast<std::size_t>(best - here.begin());
    });
  }
};

ORRERY_REGISTER(RoutingPolicy, LeastLoaded);

}  // namespace
}  // namespace orrery::sim::routing
