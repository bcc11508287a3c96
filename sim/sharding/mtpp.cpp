// Max-throughput pipeline partitioning: SliceGraph over an order of the operators and of the nodes.
#include <algorithm>
#include <limits>
#include <string>

#include "sim/estimates.hpp"
#include "sim/sharding/join.hpp"
#include "sim/sharding/operator_graph.hpp"
#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"
#include "sim/sharding/slice.hpp"

namespace orrery::sim::sharding {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Search {
  std::string order = "speed";
  std::int64_t population = 40;
  std::int64_t generations = 20;
  double elite = 0.2;
  double mutants = 0.15;
  double bias = 0.7;
  static Fields<Search> fields() {
    return Fields<Search>()
        .choice("order", &Search::order, {"speed", "ids", "genetic"},
                "of the nodes along the pipeline: fastest first, by id, or searched for by a biased random-key genetic "
                "algorithm")
        .integer("population", &Search::population, "1", "genetic: orders in a generation", 4, 1e5)
        .integer("generations", &Search::generations, "1", "genetic: generations", 1, 1e6)
        .real("elite", &Search::elite, "1", "genetic: share of the population that lives on", 0.01, 0.5)
        .real("mutants", &Search::mutants, "1", "genetic: share of a new generation that is random", 0, 0.5)
        .real("bias", &Search::bias, "1", "genetic: probability that a key comes from the elite parent", 0.5, 1);
  }
};

class Mtpp final : public ShardingPolicy {
 public:
  using Params = Search;
  static About about() {
    return {
        "mtpp", "the pipeline of least bottleneck, by SliceGraph over an order of operators and nodes",
        "The max-throughput partitioning problem: operators, in a topological order (Kahn's), are cut into consecutive "
        "segments, one a node, so that the largest cost of a segment is least. A node's cost of a segment is the time "
        "a "
        "token's activations take in over its access link, plus the time of its operators there, plus the way out; a "
        "segment beyond its memory is impossible. A dynamic program finds the best cut for one order of the nodes, any "
        "of which may stay without a segment. The order of the nodes is by speed, by id, or evolved: a biased "
        "random-key "
        "genetic algorithm keeps the elite, crosses it with the rest, adds mutants, and sorts nodes by their keys. The "
        "operators here are the model's blocks, a chain, so their own order is given; the parts (operator_graph.hpp, "
        "slice.hpp) take any graph. The next pipeline is made of the nodes left, as long as they hold the model; the "
        "rest, and who joins later, goes where rates are thinnest. Costs that differ by node, hence the search over "
        "orders of nodes, replication and joining are ours; the published problem has equal devices and may stream "
        "parameters that do not fit.",
        "Archer, Fahrbach, Liu, Prabhu, Practical Performance Guarantees for Pipelined DNN Inference, ICML 2024, "
        "arXiv:2311.03703; Goncalves, Resende, J. Heuristics 17 (2011) for the genetic algorithm; named by Nesa's "
        "documentation as its sharding of arbitrary graphs"};
  }
  explicit Mtpp(const Params& params) : params_(params) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw& draw) const override {
    std::vector<BlockSpan> spans(view.nodes.size());
    const OperatorGraph graph = chain_of_blocks(view);
    const SegmentCosts costs(graph, topological_order(graph));
    std::vector<std::size_t> unused = nodes_with_room(view);
    while (!unused.empty()) {
      const auto [order, slices] = best_order(view, costs, unused, draw);
      if (slices.bottleneck == infinity) break;
      int begin = 0;
      for (std::size_t k = 0; k < order.size(); ++k) {
        if (slices.ends[k] > begin) spans[order[k]] = {begin, slices.ends[k]};
        begin = slices.ends[k];
      }
      std::erase_if(unused, [&spans](std::size_t i) { return !spans[i].empty(); });
    }
    settle_rest(view, spans);
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    return join_where_thinnest(view, self);
  }

 private:
  using Order = std::vector<std::size_t>;

  static OperatorGraph chain_of_blocks(const SwarmView& view) {
    OperatorGraph graph(static_cast<std::size_t>(view.blocks));
    for (int b = 0; b < view.blocks; ++b) {
      Operator& op = graph[static_cast<std::size_t>(b)];
      op.work = 1;
      op.output_bytes = estimates(view).token_bytes();
      if (b + 1 < view.blocks) op.consumers.push_back(b + 1);
    }
    return graph;
  }

  static Slices cut(const SwarmView& view, const SegmentCosts& costs, const Order& order) {
    const Estimates& e = estimates(view);
    return slice(costs.size(), static_cast<int>(order.size()), [&](int k, int l, int r) {
      const NodeView& node = view.nodes[order[static_cast<std::size_t>(k)]];
      if (r - l > capacity(node, view.blocks)) return infinity;
      // What the clients send and get passes the link as well, though no operator of the graph stands for it.
      const double in = l == 0 ? e.token_bytes() : costs.bytes_in(l, r);
      const double out = r == costs.size() ? e.token_bytes() : costs.bytes_out(l, r);
      return (in + out) / node.network_bandwidth + 1 / e.tokens_per_s(node, {l, r});
    });
  }

  std::pair<Order, Slices> best_order(const SwarmView& view, const SegmentCosts& costs, const Order& nodes,
                                      Draw& draw) const {
    if (params_.order == "genetic") return evolve(view, costs, nodes, draw);
    Order order = nodes;
    if (params_.order == "speed") {
      std::stable_sort(order.begin(), order.end(), [&view](std::size_t a, std::size_t b) {
        return estimates(view).tokens_per_s(view.nodes[a], {0, 1}) >
               estimates(view).tokens_per_s(view.nodes[b], {0, 1});
      });
    }
    return {order, cut(view, costs, order)};
  }

  using Keys = std::vector<double>;
  struct Individual {
    double bottleneck = infinity;
    Keys keys;
  };

  static Order decode(const Order& nodes, const Keys& keys) {
    std::vector<std::pair<double, std::size_t>> sorted;
    for (std::size_t i = 0; i < nodes.size(); ++i) sorted.emplace_back(keys[i], nodes[i]);
    std::sort(sorted.begin(), sorted.end());
    Order order;
    for (const auto& [key, node] : sorted) order.push_back(node);
    return order;
  }

  std::pair<Order, Slices> evolve(const SwarmView& view, const SegmentCosts& costs, const Order& nodes,
                                  Draw& draw) const {
    const auto random_keys = [&] {
      Keys keys(nodes.size());
      for (double& key : keys) key = draw.uniform();
      return keys;
    };
    const auto judged = [&](Keys keys) {
      return Individual{cut(view, costs, decode(nodes, keys)).bottleneck, std::move(keys)};
    };
    const auto size = static_cast<std::size_t>(params_.population);
    const auto elite = std::max<std::size_t>(1, static_cast<std::size_t>(params_.elite * static_cast<double>(size)));
    const auto mutants = static_cast<std::size_t>(params_.mutants * static_cast<double>(size));
    std::vector<Individual> all;
    for (std::size_t i = 0; i < size; ++i) all.push_back(judged(random_keys()));
    const auto better = [](const Individual& a, const Individual& b) { return a.bottleneck < b.bottleneck; };
    for (std::int64_t g = 0; g < params_.generations; ++g) {
      std::stable_sort(all.begin(), all.end(), better);
      std::vector<Individual> next(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(elite));
      for (std::size_t i = 0; i < mutants; ++i) next.push_back(judged(random_keys()));
      while (next.size() < size) {
        Keys child = all[draw.below(elite)].keys;
        const Keys& other = all[elite + draw.below(size - elite)].keys;
        for (std::size_t k = 0; k < child.size(); ++k) {
          if (draw.uniform() >= params_.bias) child[k] = other[k];
        }
        next.push_back(judged(std::move(child)));
      }
      all = std::move(next);
    }
    const Order order = decode(nodes, std::min_element(all.begin(), all.end(), better)->keys);
    return {order, cut(view, costs, order)};
  }

  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Mtpp);

}  // namespace
}  // namespace orrery::sim::sharding
