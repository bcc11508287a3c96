// A second chain for requests whose first token is late.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/routing/policy.hpp"

namespace orrery::sim::routing {
namespace {

struct Hedge {
  std::string of = "petals";
  double quantile = 0.95;
  std::int64_t window = 64;
  std::int64_t least = 8;
  static Fields<Hedge> fields() {
    return Fields<Hedge>()
        .text("of", &Hedge::of, "routing policy that chooses both chains, with its defaults")
        .real("quantile", &Hedge::quantile, "1",
              "a request is late when this share of the client's latest requests of its length had their first token "
              "sooner; 1: later than all of them",
              0, 1)
        .integer("window", &Hedge::window, "request", "so many of the latest count", 1, 1e6)
        .integer("least", &Hedge::least, "request", "fewer than these are no ground to call another late", 1, 1e6);
  }
};

// Requests are of one length when their prompts are between the same two powers of two: prompts take time in
// proportion.
int length_class(Tokens prompt) { return std::bit_width(static_cast<std::uint64_t>(prompt)); }

struct Past {
  RoutingMemory chains;                         // of the policy that chooses them
  std::map<int, std::deque<double>> answers_s;  // by class of length, the latest last
};

class Hedged final : public RoutingPolicy {
 public:
  using Params = Hedge;
  static About about() {
    return {
        "hedged", "asks a second chain when the first token is late, and takes what comes first",
        "Chains are chosen by another policy, `of`, with its defaults. A client remembers how long its latest "
        "`window` requests took from the opening of their chain to the first token, apart for prompts of 1, 2 to "
        "3, 4 to 7 ... tokens. A request that waits longer than the `quantile` of these is late: the client opens a "
        "second chain, of other nodes wherever a block has others, and sends the whole prompt into it. Who puts "
        "out the last position of the prompt first goes on with the request; the other is cancelled, and what it "
        "had put out by then is paid for like any other work (metrics hedges, hedges_won, hedge_tokens). Only the way "
        "to the "
        "first token is hedged: later a second chain would have to compute all that went before. A chain that "
        "began with a cached prefix is not hedged, and neither are repairs, which failover policies answer for. "
        "With fewer than `least` first tokens remembered nothing is late.",
        "Dean and Barroso, The tail at scale, CACM 56 (2013): hedged requests, deferred to the 95th percentile; "
        "classes of length and whole chains: ours"};
  }
  explicit Hedged(const Params& params) : params_(params) {
    const auto& registry = config::Registry<RoutingPolicy>::instance();
    VALIDATE(params.of != "hedged", "routing.of", "'hedged' cannot hedge itself", "a request has two chains at most",
             "Name another policy.");
    VALIDATE(registry.records().contains(params.of), "routing.of", "unknown policy '" + params.of + "'",
             "hedged needs one that chooses chains", config::suggest(params.of, registry.names()));
    chains_ = registry.make(params.of);
    VALIDATE(!chains_->oracle(), "routing.of", "'" + params.of + "' is no policy of a client",
             "it is shown the true state of the swarm", "Name another policy.");
  }

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory& memory,
                     Draw& draw) const override {
    return chains_->route(request, view, memory.as<Past>().chains, draw);
  }
  RouteOutcome hedge(const RouteRequest& request, const RoutingView& view, RoutingMemory& memory, Draw& draw,
                     const Route& first) const override {
    RoutingView others = view;
    others.banned = [&view, &first](NodeId node) {
      return view.banned(node) ||
             std::any_of(first.begin(), first.end(), [node](const Hop& h) { return h.node == node; });
    };
    return chains_->route(request, others, memory.as<Past>().chains, draw);
  }
  std::optional<double> load(const RoutingView& view, RoutingMemory& memory) const override {
    return chains_->load(view, memory.as<Past>().chains);
  }
  void observe(const Observation& seen, RoutingMemory& memory) const override {
    chains_->observe(seen, memory.as<Past>().chains);
  }

  std::optional<double> patience_s(const RouteRequest& request, RoutingMemory& memory) const override {
    const std::deque<double>& past = memory.as<Past>().answers_s[length_class(request.prompt)];
    if (static_cast<std::int64_t>(past.size()) < params_.least) return std::nullopt;
    std::vector<double> sorted(past.begin(), past.end());
    std::sort(sorted.begin(), sorted.end());
    const auto below = static_cast<std::size_t>(params_.quantile * static_cast<double>(sorted.size()));
    return sorted[std::min(below, sorted.size() - 1)];
  }
  void answered(const RouteRequest& request, double seconds, RoutingMemory& memory) const override {
    std::deque<double>& past = memory.as<Past>().answers_s[length_class(request.prompt)];
    past.push_back(seconds);
    if (static_cast<std::int64_t>(past.size()) > params_.window) past.pop_front();
  }

 private:
  Params params_;
  std::unique_ptr<RoutingPolicy> chains_;
};

ORRERY_REGISTER(RoutingPolicy, Hedged);

}  // namespace
}  // namespace orrery::sim::routing
