// The node that answers soonest, by the way to it and by the queue it announced.
#include <algorithm>

#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

class NearFirst final : public RoutingPolicy {
 public:
  struct Params {
    double queue_weight = 1;
    static Fields<Params> fields() {
      return Fields<Params>().real("queue_weight", &Params::queue_weight, "1",
                                   "a second of queue counts as so many seconds of way", 0, 1000);
    }
  };
  static About about() {
    return {
        "near_first", "the smallest sum of latency and announced queue among the nodes that serve the next block",
        "At the first block not yet covered, takes the node with the smallest latency from the client, as its pings "
        "measure it, plus queue_weight times the time that its queue takes: (queue + 1) / inference_rps. A node "
        "that nobody measured is as far as 0.3 s. queue_weight = 0 looks at the way alone. Ties go to the lowest id.",
        "an example: the page POLICY.md of this program's docs"};
  }
  explicit NearFirst(const Params& params) : params_(params) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory&, Draw&) const override {
    const auto seconds = [&](const Candidate& c) {
      const double queue = (c.node->queue + 1) / c.node->inference_rps;
      return view.client_latency_s(c.node->node).value_or(0.3) + params_.queue_weight * queue;
    };
    return walk(request, view, [&](std::span<const Candidate> here) {
      const auto best = std::min_element(
          here.begin(), here.end(), [&](const Candidate& a, const Candidate& b) { return seconds(a) < seconds(b); });
      return static_cast<std::size_t>(best - here.begin());
    });
  }

 private:
  Params params_;
};

ORRERY_REGISTER(RoutingPolicy, NearFirst);

}  // namespace
}  // namespace orrery::sim::routing
