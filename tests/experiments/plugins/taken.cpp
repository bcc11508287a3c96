// A policy whose name is taken.
#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

class Taken final : public RoutingPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() { return {"petals", "a second one", "For the tests of --plugin.", "ours"}; }
  explicit Taken(const Params&) {}
  RouteOutcome route(const RouteRequest&, const RoutingView&, RoutingMemory&, Draw&) const override {
    return {{}, "never asked"};
  }
};

ORRERY_REGISTER(RoutingPolicy, Taken);

}  // namespace
}  // namespace orrery::sim::routing
