// Routing: which chain of nodes carries a request through a run of blocks. Pure functions of the client's stale view.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/registry.hpp"
#include "sim/random.hpp"
#include "sim/view.hpp"

namespace orrery::sim::routing {

using config::About;
using config::Fields;

// One hop of a route: `node` computes the blocks `span`, which lie inside the span it announced.
struct Hop {
  NodeId node;
  BlockSpan span;
  friend bool operator==(const Hop&, const Hop&) = default;
};
using Route = std::vector<Hop>;

struct RouteRequest {
  BlockSpan span;       // blocks to cover: the whole model, or the part that a failure lost
  Tokens cache_tokens;  // KV length the session needs in each block [token]
  // Where activations come from and go to: the neighbours on a kept part of a chain, or none for the client itself.
  NodeId before;
  NodeId after;
};

// The client's picture of the swarm. Latencies are one way, measured by pings; nullopt where nobody measured.
struct RoutingView {
  SwarmView swarm;
  std::function<std::optional<double>(NodeId node)> client_latency_s;
  std::function<std::optional<double>(NodeId from, NodeId to)> node_latency_s;
  std::function<bool(NodeId node)> banned;  // the client saw it fail recently
};

// A route, or why there is none ("no announced node serves block 17").
struct RouteOutcome {
  Route route;
  std::string reason;  // empty when a route was found
  explicit operator bool() const { return reason.empty(); }
};

class RoutingPolicy {
 public:
  virtual ~RoutingPolicy() = default;

  // A chain whose spans partition request.span in order. Bans are ignored where they would leave a block uncovered.
  virtual RouteOutcome route(const RouteRequest& request, const RoutingView& view, Draw& draw) const = 0;
};

// Does the route cover `span` exactly, each hop inside what its node announced in the view? For tests and callers.
bool covers(const Route& route, BlockSpan span, const SwarmView& view);

}  // namespace orrery::sim::routing
