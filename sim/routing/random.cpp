// A random chain: the baseline that knows nothing.
#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

class Random final : public RoutingPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"random", "uniformly among the nodes that serve the next block",
            "At the first block not yet covered, every announced node that serves it is equally likely; the one drawn "
            "carries the request to the end of its span (or of the request), and the next is drawn there. Load, speed "
            "and latency are not looked at, so this is the baseline that any informed policy must beat. Chains are not "
            "equally likely as wholes: a node that starts early on a thin block is met more often. Petals' routing "
            "for training draws like this too, but weights nodes by the length of their span. Banned nodes are left "
            "out except where a block would have no server.",
            "ours (the usual null model)"};
  }
  explicit Random(const Params&) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory&, Draw& draw) const override {
    return walk(request, view, [&draw](std::span<const Candidate> here) { return draw.below(here.size()); });
  }
};

ORRERY_REGISTER(RoutingPolicy, Random);

}  // namespace
}  // namespace orrery::sim::routing
