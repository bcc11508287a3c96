// Routing: which chain of nodes carries a request through a run of blocks. A decision is a pure function of the
// client's stale view, of what it remembers, and of a draw.
#pragma once

#include <any>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/registry.hpp"
#include "sim/random.hpp"
#include "sim/view.hpp"
#include "sim/workload/request.hpp"

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
  Tokens prompt = 0;  // positions that go through first: the prompt, or what is replayed after a failure [token]
  Tokens output = 0;  // tokens to come after them, at most [token]
  workload::Prefix prefix{};  // what the request begins with, as others do: nodes that served them may hold its KV
};

// The client's picture of the swarm. Latencies are one way, measured by pings; nullopt where nobody measured.
struct RoutingView {
  SwarmView swarm;
  std::function<std::optional<double>(NodeId node)> client_latency_s;
  std::function<std::optional<double>(NodeId from, NodeId to)> node_latency_s;
  std::function<bool(NodeId node)> banned;  // the client saw it fail recently
  // For oracles only, and then the swarm is as it is at this instant: when a node's session ends. Otherwise empty.
  std::function<Time(NodeId node)> serves_until;
};

// A route, or why there is none ("no announced node serves block 17").
struct RouteOutcome {
  Route route;
  std::string reason;  // empty when a route was found
  explicit operator bool() const { return reason.empty(); }
};

// What one client remembers for its policy between decisions: a value that the client owns and hands in, so that the
// policy itself has no state. Each policy says what it is, by a copyable type of its own.
class RoutingMemory {
 public:
  // The state; a fresh State{} when nothing is remembered yet. One memory serves one policy.
  template <class State>
  State& as() {
    if (!state_.has_value()) state_.emplace<State>();
    State* state = std::any_cast<State>(&state_);
    EXPECT(state != nullptr);
    return *state;
  }

 private:
  std::any state_;
};

// What a client sees of one leg of a chain. `opened` is followed by one of `lost` and `closed`; `refused` by nothing.
struct Observation {
  enum class What {
    opened,   // the node holds a session of `tokens` positions for us
    refused,  // it did not take the session, or did not answer
    step,     // it put out `tokens` positions, `seconds` after their inputs were known to the client
    lost,     // it crashed, left, moved or threw the session out
    closed,   // the client is done with it
  };
  What what;
  Hop hop;
  NodeId before;  // none: its inputs come from the client
  Tokens tokens = 0;
  double seconds = 0;    // the way to the node, queueing, computing, and the way to the client
  double at_node_s = 0;  // the same without the latencies of the way, as pings measure them: about what the node took
  Time at;
  Tokens prompt = 0;  // positions that the request began with
};

class RoutingPolicy {
 public:
  virtual ~RoutingPolicy() = default;

  // A chain whose spans partition request.span in order. Bans are ignored where they would leave a block uncovered.
  virtual RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory& memory,
                             Draw& draw) const = 0;
  // A reference that no client could be: it is shown the world, see RoutingView::serves_until.
  virtual bool oracle() const { return false; }
  // It needs the announcements of all nodes, where others make do with some for every block (swarm.form = "large").
  virtual bool needs_whole_view() const { return oracle(); }
  // The share of the swarm's KV memory that the client takes to be in use where it is scarcest, for a workload that
  // feeds requests as long as there is room; nothing: this policy does not keep books.
  virtual std::optional<double> load(const RoutingView&, RoutingMemory&) const { return std::nullopt; }
  // Seconds without a first token after which the client asks a second chain as well, and takes what comes first;
  // nothing: it never does. `avoid` of hedge() is the first chain.
  virtual std::optional<double> patience_s(const RouteRequest&, RoutingMemory&) const { return std::nullopt; }
  virtual RouteOutcome hedge(const RouteRequest&, const RoutingView&, RoutingMemory&, Draw&, const Route&) const {
    return {{}, "this policy does not hedge"};
  }
  // A first token came, `seconds` after its chain was open.
  virtual void answered(const RouteRequest&, double /*seconds*/, RoutingMemory&) const {}
  // Takes an observation into the memory of the client that made it.
  virtual void observe(const Observation&, RoutingMemory&) const {}
};

// Does the route cover `span` exactly, each hop inside what its node announced in the view? For tests and callers.
bool covers(const Route& route, BlockSpan span, const SwarmView& view);

}  // namespace orrery::sim::routing
