#include "sim/routing/shortest_chain.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace orrery::sim::routing {
namespace {

// A path leaves a node only at the end of its span, so a node has one way out and the state is the node alone. Nodes
// are visited by the block where they are entered; all that end there are final by then, because spans only lead
// forward.
//
// Pairs of nodes are what costs: up to (those that end at b) x (those that serve b) for every block b. Two bounds
// leave most of them out without changing the answer: with delays between nodes taken as zero, `beyond_` bounds the
// cost still to come from below, and a scout that looks back at one node per block bounds the answer from above.
class Search {
 public:
  Search(BlockSpan request, std::span<const Candidate> nodes, std::span<const NodeCost> costs, const HopDelay& delay)
      : request_(request), nodes_(nodes), costs_(costs), delay_(delay) {}

  Route solve() {
    list_nodes();
    relax_backward();
    // Sums in another order may differ in the last bits: hence the slack.
    limit_ = sweep(scout_width) * (1 + 1e-9);
    sweep(nodes_.size());
    return best_chain();
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr std::size_t scout_width = 1;  // wider scouts ask for more than their tighter bound saves

  struct State {
    double cost = infinity;  // to the end of the node's span, by the best chain found so far [s]
    int from = outside;      // the chain's previous node
    int entry = 0;           // the block where it is entered
  };

  // Seconds at node i for blocks [block, end of its span).
  double stage(int i, int block) const { return costs_[i].toll + (nodes_[i].span.end - block) * costs_[i].per_block; }
  // Least seconds from the end of node i's span on.
  double tail(int i) const {
    const int end = nodes_[i].span.end;
    return end == request_.end ? costs_[i].leave : beyond_[end - request_.begin];
  }
  std::vector<int>& serving(int block) { return serving_[block - request_.begin]; }
  std::vector<int>& ending(int block) { return ending_[block - request_.begin]; }

  void list_nodes() {
    at_.resize(nodes_.size());
    serving_.resize(request_.size());
    ending_.resize(request_.size() + 1);
    for (int i = 0; i < static_cast<int>(nodes_.size()); ++i) {
      for (int b = nodes_[i].span.begin; b < nodes_[i].span.end; ++b) serving(b).push_back(i);
      ending(nodes_[i].span.end).push_back(i);
    }
  }

  void relax_backward() {
    beyond_.assign(request_.size(), infinity);
    for (int block = request_.end - 1; block >= request_.begin; --block) {
      double& least = beyond_[block - request_.begin];
      for (int i : serving(block)) least = std::min(least, stage(i, block) + tail(i));
    }
  }

  // Finds the best chain to every node that can matter, looking at the `width` cheapest nodes that end at each block;
  // returns the cost of the whole.
  double sweep(std::size_t width) {
    for (State& state : at_) state.cost = infinity;
    for (int block = request_.begin; block < request_.end; ++block) enter_at(block, width);
    double least = infinity;
    for (int i : ending(request_.end)) least = std::min(least, at_[i].cost + costs_[i].leave);
    return least;
  }

  void enter_at(int block, std::size_t width) {
    std::vector<std::pair<double, int>> arrivals;  // (cost, node), cheapest first
    if (block == request_.begin) {
      arrivals.emplace_back(0.0, outside);
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
        const double total = cost + delay_(from, i) + own;
        if (total >= at_[i].cost) continue;
        at_[i] = {total, from, block};
      }
    }
  }

  Route best_chain() {
    int last = outside;
    double least = infinity;
    for (int i : ending(request_.end)) {
      const double cost = at_[i].cost + costs_[i].leave;
      if (cost < least) {
        least = cost;
        last = i;
      }
    }
    Route route;
    for (int i = last; i != outside; i = at_[i].from) {
      route.push_back({nodes_[i].node->node, {at_[i].entry, nodes_[i].span.end}});
    }
    std::reverse(route.begin(), route.end());
    return route;
  }

  BlockSpan request_;
  std::span<const Candidate> nodes_;
  std::span<const NodeCost> costs_;
  const HopDelay& delay_;
  std::vector<State> at_;                  // per candidate
  std::vector<std::vector<int>> serving_;  // per block of the request: candidates that serve it
  std::vector<std::vector<int>> ending_;   // per block of the request and its end: candidates whose span ends there
  // Per block of the request: least seconds from its start on, delays between nodes taken as zero.
  std::vector<double> beyond_;
  double limit_ = infinity;
};

}  // namespace

Route shortest_chain(BlockSpan request, std::span<const Candidate> nodes, std::span<const NodeCost> costs,
                     const HopDelay& delay) {
  EXPECT(nodes.size() == costs.size());
  return Search(request, nodes, costs, delay).solve();
}

double chain_cost(BlockSpan request, std::span<const Candidate> nodes, std::span<const NodeCost> costs,
                  const HopDelay& delay, const Route& route) {
  double sum = 0;
  int from = outside;
  for (const Hop& hop : route) {
    const auto found =
        std::find_if(nodes.begin(), nodes.end(), [&hop](const Candidate& c) { return c.node->node == hop.node; });
    EXPECT(found != nodes.end());
    const auto i = static_cast<int>(found - nodes.begin());
    sum += delay(from, i) + costs[i].toll + hop.span.size() * costs[i].per_block;
    if (hop.span.end == request.end) sum += costs[i].leave;
    from = i;
  }
  return sum;
}

std::optional<double> measured_latency_s(const RoutingView& view, NodeId from, NodeId to) {
  EXPECT(from || to);
  return from && to ? view.node_latency_s(from, to) : view.client_latency_s(from ? from : to);
}

}  // namespace orrery::sim::routing
