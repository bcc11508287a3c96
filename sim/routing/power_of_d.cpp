// The better of a few.
#include <algorithm>
#include <numeric>
#include <vector>

#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

class PowerOfD final : public RoutingPolicy {
 public:
  struct Params {
    std::int64_t d = 2;
    static Fields<Params> fields() {
      return Fields<Params>().integer("d", &Params::d, "nodes", "nodes compared for each part of a chain", 1, 1024);
    }
  };
  static About about() {
    return {"power_of_d", "the least loaded of d random nodes that serve the next block",
            "At the first block not yet covered, draws d different nodes among those that serve it and takes the one "
            "with the smallest (queue + 1) / inference_rps, as least_loaded does among all of them; the node carries "
            "the request to the end of its span (or of the request). The draw is what keeps clients with the same "
            "stale view from all choosing the same node: the older the announcements, the smaller the best d. d = 1 is "
            "random; d as large as the swarm is least_loaded. Queues are read from the view: no probe is sent, so a "
            "choice costs no message and no round trip. Latency is not looked at. Banned nodes are left out except "
            "where a block would have no server.",
            "Mitzenmacher, The power of two choices in randomized load balancing, IEEE TPDS 12(10), 2001; with stale "
            "information: Mitzenmacher, How useful is old information?, IEEE TPDS 11(1), 2000; along a chain of spans: "
            "ours"};
  }
  explicit PowerOfD(const Params& params) : params_(params) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory&, Draw& draw) const override {
    return walk(request, view, [&](std::span<const Candidate> here) {
      std::vector<std::size_t> order(here.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      const std::size_t drawn = std::min(here.size(), static_cast<std::size_t>(params_.d));
      for (std::size_t i = 0; i < drawn; ++i) std::swap(order[i], order[i + draw.below(order.size() - i)]);
      const auto wait = [&](std::size_t i) { return (here[i].node->queue + 1) / here[i].node->inference_rps; };
      return *std::min_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(drawn),
                               [&](std::size_t a, std::size_t b) { return wait(a) < wait(b); });
    });
  }

 private:
  Params params_;
};

ORRERY_REGISTER(RoutingPolicy, PowerOfD);

}  // namespace
}  // namespace orrery::sim::routing
