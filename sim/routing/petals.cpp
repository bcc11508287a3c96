// Petals' routing for inference: the fastest chain by pings and announced speeds.
#include <algorithm>
#include <vector>

#include "sim/routing/shortest_chain.hpp"

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

// In seconds, as Petals' client weighs its graph.
class Weights {
 public:
  Weights(const Costs& costs, const RouteRequest& request, const RoutingView& view, const std::vector<Candidate>& nodes)
      : costs_(costs), request_(request), view_(view), nodes_(nodes) {}

  std::vector<NodeCost> of_nodes() const {
    std::vector<NodeCost> all;
    all.reserve(nodes_.size());
    for (const Candidate& c : nodes_) {
      const NodeView& node = *c.node;
      // The whole announced span, whatever part the chain will use: Petals is pessimistic here. Its factor of two
      // counts keys and values apart; cache_left counts them together.
      const bool room = request_.cache_tokens * node.span.size() <= node.cache_left;
      NodeCost cost{costs_.request_overhead + (room ? 0 : costs_.cache_penalty), 1 / node.inference_rps, 0};
      if (c.span.end == request_.span.end) cost.leave = delay(node.node, request_.after);
      all.push_back(cost);
    }
    return all;
  }
  double of_hop(int from, int to) const {
    const NodeId source = from == outside ? request_.before : nodes_[from].node->node;
    return delay(source, nodes_[to].node->node);
  }

 private:
  double delay(NodeId from, NodeId to) const {
    const auto latency_s = measured_latency_s(view_, from, to);
    return latency_s ? std::min(*latency_s, costs_.max_latency) : costs_.unknown_latency;
  }

  const Costs& costs_;
  const RouteRequest& request_;
  const RoutingView& view_;
  const std::vector<Candidate>& nodes_;
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
    const Weights weights(params_, request, view, found.nodes);
    const std::vector<NodeCost> costs = weights.of_nodes();
    const auto delay = [&weights](int from, int to) { return weights.of_hop(from, to); };
    return {shortest_chain(request.span, found.nodes, costs, delay), {}};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(RoutingPolicy, Petals);

}  // namespace
}  // namespace orrery::sim::routing
