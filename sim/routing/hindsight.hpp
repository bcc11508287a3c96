// Chains weighed by how the swarm really is: what the clairvoyant router chooses by, and what every other choice may be
// compared with.
#pragma once

#include "sim/routing/policy.hpp"

namespace orrery::sim::routing {

struct HindsightPrices {
  double loss_s = 12;    // until a loss is noticed and a new chain is open
  double refusal_s = 5;  // until a node that is not there, or full, is given up
};

// The chain with the least time to completion, reckoned as in completion.hpp, and that time. The view is an oracle's:
// nodes as they are at this instant, and until when each will serve (view.serves_until is set). A node that leaves
// before the request could be complete is one loss. Greedy all the same: it does not know the requests to come, nor
// what this one will do to others, so it is a reference and no bound.
struct Hindsight {
  RouteOutcome outcome;
  double seconds = 0;
};
Hindsight best_in_hindsight(const RouteRequest& request, const RoutingView& view, const HindsightPrices& prices);

// How many seconds more a route costs than the best, both as they are in truth: regret. A route over a node that no
// longer serves its part costs a refusal and then the best. The best outcome must have a route.
double regret_s(const Hindsight& best, const Route& route, const RouteRequest& request, const RoutingView& view,
                const HindsightPrices& prices);

}  // namespace orrery::sim::routing
