#include "sim/sharding/operator_graph.hpp"

// SliceGraph's parts beside their naive twins, and with all orders beside all partitions.

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "sim/sharding/slice.hpp"
#include "tests/sim/sharding/planned.hpp"
#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::sharding {
namespace {

OperatorGraph random_graph(Draw& draw, int n) {
  OperatorGraph graph(static_cast<std::size_t>(n));
  std::vector<int> name(static_cast<std::size_t>(n));  // so that the index is not an order
  std::iota(name.begin(), name.end(), 0);
  for (std::size_t i = name.size(); i > 1; --i) std::swap(name[i - 1], name[draw.below(i)]);
  for (int v = 0; v < n; ++v) {
    Operator& op = graph[static_cast<std::size_t>(name[static_cast<std::size_t>(v)])];
    op.work = draw.uniform(1, 10);
    op.output_bytes = static_cast<double>(draw.below(20));
    for (int w = v + 1; w < n; ++w) {
      if (draw.below(3) == 0) op.consumers.push_back(name[static_cast<std::size_t>(w)]);
    }
  }
  return graph;
}

// Bytes that cross into and out of a set, each tensor once, from the definition.
std::pair<double, double> naive_io(const OperatorGraph& graph, const std::set<int>& part) {
  double in = 0, out = 0;
  for (int v = 0; v < static_cast<int>(graph.size()); ++v) {
    const Operator& op = graph[static_cast<std::size_t>(v)];
    const auto inside = [&part](int c) { return part.contains(c); };
    const bool read_inside = std::any_of(op.consumers.begin(), op.consumers.end(), inside);
    const bool read_outside = !std::all_of(op.consumers.begin(), op.consumers.end(), inside);
    if (!inside(v) && read_inside) in += op.output_bytes;
    if (inside(v) && read_outside) out += op.output_bytes;
  }
  return {in, out};
}

TEST(OperatorGraph, KahnsOrderRespectsEdgesAndKeys) {
  Draw draw(1, Stream::test, 600);
  for (int i = 0; i < 50; ++i) {
    const OperatorGraph graph = random_graph(draw, 1 + static_cast<int>(draw.below(12)));
    std::vector<double> keys(graph.size());
    for (double& key : keys) key = draw.uniform();
    const std::vector<int> order = topological_order(graph, keys);
    std::vector<std::size_t> place(graph.size());
    for (std::size_t k = 0; k < order.size(); ++k) place[static_cast<std::size_t>(order[k])] = k;
    for (std::size_t v = 0; v < graph.size(); ++v) {
      for (int c : graph[v].consumers) EXPECT_LT(place[v], place[static_cast<std::size_t>(c)]);
    }
  }
  OperatorGraph loose(3);
  EXPECT_EQ(topological_order(loose, std::vector<double>{0.9, 0.1, 0.5}), (std::vector<int>{1, 2, 0}));
  EXPECT_EQ(topological_order(loose), (std::vector<int>{0, 1, 2}));
}

TEST(SegmentCosts, AreThoseOfTheDefinition) {
  Draw draw(1, Stream::test, 601);
  for (int i = 0; i < 40; ++i) {
    const OperatorGraph graph = random_graph(draw, 1 + static_cast<int>(draw.below(10)));
    const std::vector<int> order = topological_order(graph);
    const SegmentCosts costs(graph, order);
    for (int l = 0; l < costs.size(); ++l) {
      for (int r = l + 1; r <= costs.size(); ++r) {
        const std::set<int> part(order.begin() + l, order.begin() + r);
        const auto [in, out] = naive_io(graph, part);
        EXPECT_DOUBLE_EQ(costs.bytes_in(l, r), in);
        EXPECT_DOUBLE_EQ(costs.bytes_out(l, r), out);
        double work = 0;
        for (int v : part) work += graph[static_cast<std::size_t>(v)].work;
        EXPECT_NEAR(costs.work(l, r), work, 1e-9);
      }
    }
  }
}

// The least bottleneck over all acyclic partitions into `stages` sets, by trying every assignment in which no edge goes
// back: then, and only then, the quotient graph has no cycle for stages in their order.
double brute_force(const OperatorGraph& graph, int stages) {
  std::vector<int> stage(graph.size(), 0);
  double best = std::numeric_limits<double>::infinity();
  const std::function<void(std::size_t)> assign = [&](std::size_t v) {
    if (v < graph.size()) {
      for (stage[v] = 0; stage[v] < stages; ++stage[v]) assign(v + 1);
      return;
    }
    for (std::size_t u = 0; u < graph.size(); ++u) {
      for (int c : graph[u].consumers) {
        if (stage[u] > stage[static_cast<std::size_t>(c)]) return;
      }
    }
    double bottleneck = 0;
    for (int s = 0; s < stages; ++s) {
      std::set<int> part;
      double work = 0;
      for (std::size_t u = 0; u < graph.size(); ++u) {
        if (stage[u] != s) continue;
        part.insert(static_cast<int>(u));
        work += graph[u].work;
      }
      const auto [in, out] = naive_io(graph, part);
      bottleneck = std::max(bottleneck, in + out + work);
    }
    best = std::min(best, bottleneck);
  };
  assign(0);
  return best;
}

TEST(SliceGraph, OverAllOrdersIsTheOptimalPartition) {
  Draw draw(1, Stream::test, 602);
  for (int i = 0; i < 12; ++i) {
    const OperatorGraph graph = random_graph(draw, 2 + static_cast<int>(draw.below(5)));
    const int stages = 2 + static_cast<int>(draw.below(2));
    double best = std::numeric_limits<double>::infinity();
    std::vector<double> keys(graph.size());
    std::iota(keys.begin(), keys.end(), 0.0);
    do {
      const SegmentCosts costs(graph, topological_order(graph, keys));
      const Slices slices = slice(costs.size(), stages, [&costs](int, int l, int r) {
        return costs.bytes_in(l, r) + costs.bytes_out(l, r) + costs.work(l, r);
      });
      best = std::min(best, slices.bottleneck);
    } while (std::next_permutation(keys.begin(), keys.end()));
    EXPECT_NEAR(best, brute_force(graph, stages), 1e-9) << "case " << i;
  }
}

// The worst stage of the first pipeline: link in and out, and the blocks.
double bottleneck(const tests::Planned& plan, const std::string& order) {
  Draw draw(1, Stream::test, 603);
  const auto spans = make_sharding("policy = \"mtpp\"\norder = \"" + order + "\"")->place(plan.view(), draw);
  double rate = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (!spans[i].empty()) rate = std::min(rate, plan.estimates.tokens_per_s(plan.swarm.nodes[i], spans[i]));
  }
  return 1 / rate;
}

TEST(Mtpp, SearchingForAnOrderOfNodesIsNoWorseThanIds) {
  Draw draw(1, Stream::test, 604);
  int better = 0;
  for (int i = 0; i < 20; ++i) {
    tests::Planned plan = tests::random_plan(draw, 6, 12, true);
    for (NodeView& node : plan.swarm.nodes) {
      node.max_blocks = 3;  // 18 for 12: one pipeline, and nobody can be left out for long
      node.network_bandwidth = 1e12;
    }
    plan.swarm.nodes.resize(5);
    plan.swarm.nodes[0].max_blocks = 2;
    plan.swarm.nodes[1].max_blocks = 2;
    plan.swarm.nodes[2].max_blocks = 3;
    plan.swarm.nodes[3].max_blocks = 3;
    plan.swarm.nodes[4].max_blocks = 2;  // 12 in all: every node serves, and their order decides
    const double ids = bottleneck(plan, "ids"), genetic = bottleneck(plan, "genetic");
    EXPECT_LE(genetic, ids * (1 + 1e-9));
    if (genetic < ids * 0.999) ++better;
  }
  EXPECT_GT(better, 5);
}

}  // namespace
}  // namespace orrery::sim::sharding
