// How a client chooses a chain: on the view it was last sent, by its routing policy; what it tells the policy of how
// that went; and, measured against the truth, what the choice cost.
#include <algorithm>

#include "sim/routing/hindsight.hpp"
#include "sim/serving/client.hpp"

namespace orrery::sim::serving {

routing::RoutingView Client::routing_view(const Snapshot& seen) const {
  routing::RoutingView view;
  view.swarm = {world_.model.block_count(), now(), *seen, world_.estimates};
  view.client_latency_s = [this](NodeId node) -> std::optional<double> {
    return world_.topology.latency(id().index(), node.index()).seconds();
  };
  view.node_latency_s = [this](NodeId from, NodeId to) -> std::optional<double> {
    return world_.topology.latency(from.index(), to.index()).seconds();
  };
  view.banned = [this](NodeId node) {
    const auto found = bans_.find(node);
    return found != bans_.end() && found->second.until > now();
  };
  return view;
}

routing::RoutingView Client::true_view(const Snapshot& present) const {
  routing::RoutingView view = routing_view(present);
  view.serves_until = world_.oracle.serves_until;
  return view;
}

// What a chain for all of a request is asked for.
routing::RouteRequest Client::whole_request(const Session& s) const {
  return {{0, world_.model.block_count()}, s.tokens(), {}, {}, s.request.prompt, s.request.output, s.request.prefix};
}

routing::RouteOutcome Client::choose(const Session& s, const routing::RouteRequest& request) {
  // Stays what it is while the policy looks at it.
  const Snapshot seen = world_.routing.oracle() ? world_.oracle.present() : view_;
  const routing::RoutingView view = world_.routing.oracle() ? true_view(seen) : routing_view(seen);
  routing::RouteOutcome outcome = world_.routing.route(request, view, routing_memory_, routing_draw_);
  if (!outcome) return outcome;
  EXPECT(routing::covers(outcome.route, request.span, view.swarm));
  if (world_.serving.measure_regret && s.chain.empty()) measure_regret(request, outcome.route);
  return outcome;
}

void Client::measure_regret(const routing::RouteRequest& request, const routing::Route& route) {
  const Snapshot present = world_.oracle.present();
  const routing::RoutingView view = true_view(present);
  const routing::HindsightPrices prices{world_.serving.step_timeout_s + world_.serving.probe_timeout_s,
                                        world_.serving.connect_timeout_s};
  const routing::Hindsight best = routing::best_in_hindsight(request, view, prices);
  if (best.outcome) regrets_s_.push_back(routing::regret_s(best, route, request, view, prices));
}

// What latencies add to the time between a node's input, as it comes in here from the node before, and its output.
Duration Client::detour(NodeId before, NodeId node) const {
  const auto latency = [this](std::uint32_t from, std::uint32_t to) { return world_.topology.latency(from, to); };
  const std::uint32_t here = id().index();
  const Duration back = latency(node.index(), here);
  if (!before) return latency(here, node.index()) + back;
  return latency(before.index(), node.index()) + back - latency(before.index(), here);
}

void Client::observe(routing::Observation::What what, Leg& leg, NodeId before, Tokens tokens, Duration took) {
  using What = routing::Observation::What;
  // A leg that was lost is not closed as well, should its request end before it is replaced.
  if (what != What::opened && what != What::refused && !leg.held) return;
  leg.held = what == What::opened || what == What::step;
  const double at_node_s = what == What::step ? std::max(0.0, (took - detour(before, leg.hop.node)).seconds()) : 0.0;
  world_.routing.observe({what, leg.hop, before, tokens, took.seconds(), at_node_s, now(), leg.prompt},
                         routing_memory_);
}

}  // namespace orrery::sim::serving
