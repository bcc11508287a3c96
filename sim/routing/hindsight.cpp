#include "sim/routing/hindsight.hpp"

#include <algorithm>

#include "sim/routing/completion.hpp"

namespace orrery::sim::routing {
namespace {

// Costs of the candidates in truth; the search and the weighing of a given route share them.
class Truth {
 public:
  Truth(const RouteRequest& request, const RoutingView& view, std::vector<Candidate> nodes,
        const HindsightPrices& prices)
      : request_(request), view_(view), nodes_(std::move(nodes)) {
    prices_.loss_s = prices.loss_s;
    prices_.refusal_s = prices.refusal_s;
    std::vector<Outlook> outlooks = loads();
    const HopDelay delay = completion_delay(request_, view_, nodes_, prices_);
    costs_ = completion_costs(request_, view_, nodes_, outlooks, prices_);
    const Time complete = view_.swarm.now + Duration::from_seconds(std::min(1e8, seconds(shortest())));
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      outlooks[i].losses = view_.serves_until(nodes_[i].node->node) < complete ? 1 : 0;
    }
    costs_ = completion_costs(request_, view_, nodes_, outlooks, prices_);
  }

  Route shortest() const {
    return shortest_chain(request_.span, nodes_, costs_, completion_delay(request_, view_, nodes_, prices_));
  }
  double seconds(const Route& route) const {
    return chain_cost(request_.span, nodes_, costs_, completion_delay(request_, view_, nodes_, prices_), route);
  }

 private:
  std::vector<Outlook> loads() const {
    std::vector<Outlook> all;
    for (const Candidate& c : nodes_) {
      const NodeView& node = *c.node;
      Outlook outlook;
      // Without a session nobody slows us down, whatever the last steps took.
      if (node.sessions > 0) outlook.slowdown = std::max(1.0, node.block_latency_s * node.inference_rps);
      outlook.busy = node.busy;
      outlook.refusal = request_.cache_tokens * c.span.size() <= node.cache_left ? 0 : 1;
      all.push_back(outlook);
    }
    return all;
  }

  const RouteRequest& request_;
  const RoutingView& view_;
  std::vector<Candidate> nodes_;
  CompletionPrices prices_;
  std::vector<NodeCost> costs_;
};

bool there(const Hop& hop, const SwarmView& swarm) {
  return std::any_of(swarm.nodes.begin(), swarm.nodes.end(), [&hop](const NodeView& node) {
    return node.node == hop.node && node.span.begin <= hop.span.begin && hop.span.end <= node.span.end;
  });
}

}  // namespace

Hindsight best_in_hindsight(const RouteRequest& request, const RoutingView& view, const HindsightPrices& prices) {
  EXPECT(view.serves_until);
  Candidates found = find_candidates(request, view);
  if (!found.reason.empty()) return {{{}, found.reason}, 0};
  const Truth truth(request, view, std::move(found.nodes), prices);
  Hindsight best;
  best.outcome.route = truth.shortest();
  best.seconds = truth.seconds(best.outcome.route);
  return best;
}

double regret_s(const Hindsight& best, const Route& route, const RouteRequest& request, const RoutingView& view,
                const HindsightPrices& prices) {
  EXPECT(best.outcome && view.serves_until);
  for (const Hop& hop : route) {
    if (!there(hop, view.swarm)) return prices.refusal_s;
  }
  RoutingView all = view;  // the best chain avoids whom the client banned; this one may not have been able to
  all.banned = [](NodeId) { return false; };
  const Truth truth(request, all, find_candidates(request, all).nodes, prices);
  return std::max(0.0, truth.seconds(route) - best.seconds);
}

}  // namespace orrery::sim::routing
