// Parallax's request-time routing: the fastest way through the layers by the latencies that nodes measure under load.
#include <algorithm>
#include <limits>
#include <vector>

#include "sim/routing/shortest_chain.hpp"

namespace orrery::sim::routing {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int nobody = -1;

struct Weights {
  double unknown_latency = 0.15;
  bool close_full = true;
  static Fields<Weights> fields() {
    return Fields<Weights>()
        .real("unknown_latency", &Weights::unknown_latency, "s", "one-way latency where nobody measured", 0, 1000)
        .boolean("close_full", &Weights::close_full,
                 "leave out nodes that announced too little KV room for the session, where others serve the block");
  }
};

// Cell (layer, node) holds the least time from the client through `layer` on that node. From one layer to the next a
// request stays, for the node's time per layer, or moves, for the latency between the two on top.
class Layers {
 public:
  Layers(const Weights& weights, const RouteRequest& request, const RoutingView& view, std::vector<Candidate> nodes)
      : weights_(weights), request_(request), view_(view), nodes_(std::move(nodes)), cells_(nodes_.size()) {}

  Route solve() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) cells_[i].resize(nodes_[i].span.size());
    for (int layer = request_.span.begin; layer < request_.span.end; ++layer) relax(layer);
    return trace_back();
  }

 private:
  struct Cell {
    double cost = infinity;
    int from = nobody;  // the node of the layer before; itself: it stayed
  };

  Cell& cell(int i, int layer) { return cells_[i][layer - nodes_[i].span.begin]; }
  NodeId id(int i) const { return nodes_[i].node->node; }
  double latency(NodeId from, NodeId to) const {
    return measured_latency_s(view_, from, to).value_or(weights_.unknown_latency);
  }
  // What the node measured under load, or could do without any if it had nothing to measure.
  double per_layer(int i) const {
    const NodeView& node = *nodes_[i].node;
    return node.block_latency_s > 0 ? node.block_latency_s : 1 / node.inference_rps;
  }

  void relax(int layer) {
    for (int i = 0; i < static_cast<int>(nodes_.size()); ++i) {
      if (!nodes_[i].span.contains(layer)) continue;
      Cell best;
      if (layer == request_.span.begin) {
        best.cost = latency(request_.before, id(i));
      } else {
        if (nodes_[i].span.contains(layer - 1)) best = {cell(i, layer - 1).cost, i};
        for (int j : previous_) {
          const double reached = cell(j, layer - 1).cost;
          if (j == i || reached >= best.cost) continue;
          const double moved = reached + latency(id(j), id(i));
          if (moved < best.cost) best = {moved, j};
        }
      }
      best.cost += per_layer(i);
      cell(i, layer) = best;
    }
    previous_.clear();
    for (int i = 0; i < static_cast<int>(nodes_.size()); ++i) {
      if (nodes_[i].span.contains(layer)) previous_.push_back(i);
    }
  }

  Route trace_back() {
    int last = nobody;
    double least = infinity;
    for (int i : previous_) {
      const double cost = cell(i, request_.span.end - 1).cost + latency(id(i), request_.after);
      if (cost < least) {
        least = cost;
        last = i;
      }
    }
    Route route;
    int end = request_.span.end;
    for (int layer = request_.span.end - 1; layer >= request_.span.begin; --layer) {
      const int from = cell(last, layer).from;
      if (from == last) continue;
      route.push_back({id(last), {layer, end}});
      end = layer;
      last = from;
    }
    std::reverse(route.begin(), route.end());
    return route;
  }

  const Weights& weights_;
  const RouteRequest& request_;
  const RoutingView& view_;
  std::vector<Candidate> nodes_;
  std::vector<std::vector<Cell>> cells_;  // per candidate, per block of its span
  std::vector<int> previous_;             // candidates that serve the layer before
};

class ParallaxDp final : public RoutingPolicy {
 public:
  using Params = Weights;
  static About about() {
    return {"parallax_dp", "the fastest way through the layers by the latencies that nodes measure under load",
            "Dynamic programming over (layer, node): a node costs the time per layer that it measured and announced, "
            "queueing included, or 1 / inference_rps if it had no step to measure; moving to another node costs the "
            "one-way latency to it. A chain may leave a node after any layer, not only at the end of its span. A node "
            "without KV room for the session, over its whole span, is closed, as Parallax closes nodes that reached "
            "their number of requests. What nodes measured is as old as their announcements, and everybody's best "
            "path is the same until the next one. Differences: Parallax's scheduler is central and reads the map of "
            "latencies before every request, where here each client reads its own stale view; the latencies from and "
            "to the client count (the scheduler's paths begin at the first node); full nodes are used where a block "
            "would have no other server. Takes time in layers x (servers of a layer)^2. Banned nodes are left out "
            "except where a block would have no server.",
            "Tong et al., Parallax: Efficient LLM Inference Service over Decentralized Environment, arXiv:2509.26182, "
            "phase 2; written from its description and checked against the comments of github.com/GradientHQ/parallax"};
  }
  explicit ParallaxDp(const Params& params) : params_(params) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory&, Draw&) const override {
    Candidates found = find_candidates(request, view);
    if (!found.reason.empty()) return {{}, found.reason};
    if (request.span.empty()) return {};
    if (params_.close_full) {
      keep_where_possible(found.nodes, request.span, [&request](const Candidate& c) {
        return request.cache_tokens * c.node->span.size() <= c.node->cache_left;
      });
    }
    return {Layers(params_, request, view, std::move(found.nodes)).solve(), {}};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(RoutingPolicy, ParallaxDp);

}  // namespace
}  // namespace orrery::sim::routing
