// Petals' routing for inference: the fastest chain by pings and announced speeds.
#include <algorithm>
#include <limits>
#include <utility>

#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

struct Costs {
  double request_overhead = 0.018;
  double unknown_latency = 0.15;
  double max_latency = 5;
  double cache_penalty = 10;
  static Fields<Costs> fields() {
    return Fields<Costs>()
        .real("request_overhead", &Costs::request_overhead, "s", "serialisation of one request to a server", 0, 1000)
        .real("unknown_latency", &Costs::unknown_latency, "s", "one-way latency where nobody measured", 0, 1000)
        .real("max_latency", &Costs::max_latency, "s", "bound on a measured one-way latency: far is not never", 0, 1000)
        .real("cache_penalty", &Costs::cache_penalty, "s", "for a server without room for the session's KV cache", 0,
              1e6);
  }
};

// Shortest path over (server, block). A path may enter a server at any block it serves but leaves it only at the end of
// its span, so a server has one way out and the state is the server alone. Servers are visited by the block where they
// are entered; all that end there are final by then, because spans only lead forward.
//
// Pairs of servers are what costs: up to (those that end at b) x (those that serve b) for every block b. Two bounds
// leave most of them out without changing the answer: with latencies between servers taken as zero, `beyond_` bounds
// the cost still to come from below, and a scout that looks back at one server per block bounds the answer from above.
class ShortestPath {
 public:
  ShortestPath(const Costs& costs, const RouteRequest& request, const RoutingView& view,
               const std::vector<Candidate>& nodes)
      : costs_(costs), request_(request), view_(view), nodes_(nodes) {}

  Route solve() {
    measure_nodes();
    relax_backward();
    // Sums in another order may differ in the last bits: hence the slack.
    limit_ = sweep(scout_width) * (1 + 1e-9);
    sweep(nodes_.size());
    return best_chain();
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr int client = -1;
  static constexpr std::size_t scout_width = 1;  // wider scouts ask for more than their tighter bound saves

  struct Node {
    double toll = 0;         // overhead and, without room for the KV cache, the penalty [s]
    double per_block = 0;    // [s]
    double leave = 0;        // from the end of the request back to the client; only where the span ends there [s]
    double cost = infinity;  // from the client to the end of its span, by the best chain found so far [s]
    int from = client;       // the chain's previous node
    int entry = 0;           // the block where it is entered
  };

  double delay(std::optional<double> latency_s) const {
    return latency_s ? std::min(*latency_s, costs_.max_latency) : costs_.unknown_latency;
  }
  NodeId id(int i) const { return nodes_[i].node->node; }
  double delay_between(int from, int to) const {
    if (from != client) return delay(view_.node_latency_s(id(from), id(to)));
    return delay(request_.before ? view_.node_latency_s(request_.before, id(to)) : view_.client_latency_s(id(to)));
  }
  // Seconds at node i for blocks [block, end of its span).
  double stage(int i, int block) const { return at_[i].toll + (nodes_[i].span.end - block) * at_[i].per_block; }
  // Least seconds from the end of node i's span to the client.
  double tail(int i) const {
    const int end = nodes_[i].span.end;
    return end == request_.span.end ? at_[i].leave : beyond_[end - request_.span.begin];
  }
  std::vector<int>& serving(int block) { return serving_[block - request_.span.begin]; }
  std::vector<int>& ending(int block) { return ending_[block - request_.span.begin]; }

  void measure_nodes() {
    at_.resize(nodes_.size());
    serving_.resize(request_.span.size());
    ending_.resize(request_.span.size() + 1);
    for (int i = 0; i < static_cast<int>(nodes_.size()); ++i) {
      const NodeView& node = *nodes_[i].node;
      // The whole announced span, whatever part the chain will use: Petals is pessimistic here. Its factor of two
      // counts keys and values apart; cache_left counts them together.
      const bool room = request_.cache_tokens * node.span.size() <= node.cache_left;
      at_[i].toll = costs_.request_overhead + (room ? 0 : costs_.cache_penalty);
      at_[i].per_block = 1 / node.inference_rps;
      if (nodes_[i].span.end == request_.span.end) {
        at_[i].leave =
            delay(request_.after ? view_.node_latency_s(id(i), request_.after) : view_.client_latency_s(id(i)));
      }
      for (int b = nodes_[i].span.begin; b < nodes_[i].span.end; ++b) serving(b).push_back(i);
      ending(nodes_[i].span.end).push_back(i);
    }
  }

  void relax_backward() {
    beyond_.assign(request_.span.size(), infinity);
    for (int block = request_.span.end - 1; block >= request_.span.begin; --block) {
      double& least = beyond_[block - request_.span.begin];
      for (int i : serving(block)) least = std::min(least, stage(i, block) + tail(i));
    }
  }

  // Finds the best chain to every node that can matter, looking at the `width` cheapest servers that end at each block;
  // returns the cost of the whole.
  double sweep(std::size_t width) {
    for (Node& node : at_) node.cost = infinity;
    for (int block = request_.span.begin; block < request_.span.end; ++block) enter_at(block, width);
    double least = infinity;
    for (int i : ending(request_.span.end)) least = std::min(least, at_[i].cost + at_[i].leave);
    return least;
  }

  void enter_at(int block, std::size_t width) {
    std::vector<std::pair<double, int>> arrivals;  // (cost, node), cheapest first
    if (block == request_.span.begin) {
      arrivals.emplace_back(0.0, client);
    } else {
      for (int i : ending(block)) {
        if (at_[i].cost < infinity) arrivals.emplace_back(at_[i].cost, i);
      }
      std::sort(arrivals.begin(), arrivals.end());
    }
    arrivals.resize(std::min(arrivals.size(), width));
    for (int i : serving(block)) {
      const double own = stage(i, block);
      const double rest = tail(i);
      for (const auto& [cost, from] : arrivals) {
        // Later arrivals cost more still.
        if (cost + own >= at_[i].cost || cost + own + rest > limit_) break;
        const double total = cost + delay_between(from, i) + own;
        if (total >= at_[i].cost) continue;
        at_[i].cost = total;
        at_[i].from = from;
        at_[i].entry = block;
      }
    }
  }

  Route best_chain() {
    int last = client;
    double least = infinity;
    for (int i : ending(request_.span.end)) {
      const double cost = at_[i].cost + at_[i].leave;
      if (cost < least) {
        least = cost;
        last = i;
      }
    }
    Route route;
    for (int i = last; i != client; i = at_[i].from) route.push_back({id(i), {at_[i].entry, nodes_[i].span.end}});
    std::reverse(route.begin(), route.end());
    return route;
  }

  const Costs& costs_;
  const RouteRequest& request_;
  const RoutingView& view_;
  const std::vector<Candidate>& nodes_;
  std::vector<Node> at_;                   // per candidate
  std::vector<std::vector<int>> serving_;  // per block of the request: candidates that serve it
  std::vector<std::vector<int>> ending_;   // per block of the request and its end: candidates whose span ends there
  // Per block of the request: least seconds from its start to the client, latencies between servers taken as zero.
  std::vector<double> beyond_;
  double limit_ = infinity;
};

class Petals final : public RoutingPolicy {
 public:
  using Params = Costs;
  static About about() {
    return {
        "petals", "the fastest chain by pings and announced speeds",
        "The shortest path over (server, block). Entering a server costs the one-way latency to it (min(RTT/2, 5 s); "
        "0.15 s where nobody measured), 18 ms of overhead per request, and 10 s if the server announced too little "
        "room for the session's KV cache over its whole span; each block costs 1 / inference_rps; a path may enter "
        "a server at any block but leaves it only at the end of its span; the last server's latency to the client "
        "is added. Load is not in the cost, so popular servers stay popular. Banned servers are left out except "
        "where a block would have no server. Draws nothing: of equally fast chains it always takes the same. Petals "
        "compares need x 2 x span with the room because it counts keys and "
        "values apart; room here counts a token's keys and values of a block once. Ours: a repaired part of a chain "
        "measures from and to its kept neighbours instead of the client, where the request names them.",
        "Borzunov et al., Distributed Inference and Fine-tuning of LLMs over the Internet, NeurIPS 2023, "
        "arXiv:2312.08361; sequence_manager.py of github.com/bigscience-workshop/petals at 22afba6"};
  }
  explicit Petals(const Params& params) : params_(params) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory&, Draw&) const override {
    const Candidates found = find_candidates(request, view);
    if (!found.reason.empty()) return {{}, found.reason};
    return {ShortestPath(params_, request, view, found.nodes).solve(), {}};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(RoutingPolicy, Petals);

}  // namespace
}  // namespace orrery::sim::routing
