#include "sim/routing/policy.hpp"

// Petals' shortest path against all chains, its constants one by one, and how many latencies it asks for.

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

double delay(std::optional<double> latency) { return latency ? std::min(*latency, 5.0) : 0.15; }

const NodeView& node_of(const RoutingView& view, NodeId id) {
  for (const NodeView& node : view.swarm.nodes) {
    if (node.node == id) return node;
  }
  throw std::out_of_range("no such node");
}

// Petals' cost of a chain, term by term [s].
double cost_of(const Route& route, const RouteRequest& request, const RoutingView& view) {
  double cost = 0;
  NodeId from = request.before;
  for (const Hop& hop : route) {
    const NodeView& node = node_of(view, hop.node);
    cost += delay(from ? view.node_latency_s(from, hop.node) : view.client_latency_s(hop.node)) + 0.018;
    if (request.cache_tokens * node.span.size() > node.cache_left) cost += 10;
    for (int b = hop.span.begin; b < hop.span.end; ++b) cost += 1 / node.inference_rps;
    from = hop.node;
  }
  return cost + delay(request.after ? view.node_latency_s(from, request.after) : view.client_latency_s(from));
}

// The least cost over all chains that leave a node only at the end of its span; counts the chains.
double cheapest(Route& chain, int block, const RouteRequest& request, const RoutingView& view, int& chains) {
  if (block == request.span.end) {
    ++chains;
    return cost_of(chain, request, view);
  }
  double best = std::numeric_limits<double>::infinity();
  for (const NodeView& node : view.swarm.nodes) {
    if (!node.span.contains(block)) continue;
    chain.push_back({node.node, {block, std::min(node.span.end, request.span.end)}});
    best = std::min(best, cheapest(chain, chain.back().span.end, request, view, chains));
    chain.pop_back();
  }
  return best;
}

void expect_cheapest(const tests::Swarm& swarm, const RouteRequest& request, int& chains) {
  const RoutingView view = tests::routing_view(swarm, 0, 0);
  Route chain;
  const double best = cheapest(chain, request.span.begin, request, view, chains);
  const RouteOutcome found = route_with("petals", request, view);
  ASSERT_EQ(static_cast<bool>(found), std::isfinite(best)) << swarm.what;
  if (!found) return;
  ASSERT_TRUE(covers(found.route, request.span, view.swarm)) << swarm.what;
  EXPECT_NEAR(cost_of(found.route, request, view), best, 1e-9 * best) << swarm.what;
}

TEST(PetalsRoute, IsTheCheapestOfAllChains) {
  Draw draw(1, Stream::test, 50);
  int chains = 0;
  for (int i = 0; i < 3000; ++i) {
    const int blocks = 1 + static_cast<int>(draw.below(6));
    const tests::Swarm swarm = tests::random_swarm(draw, static_cast<int>(draw.below(7)), blocks);
    const auto tokens = static_cast<Tokens>(draw.below(6000));
    expect_cheapest(swarm, whole(swarm, tokens), chains);
    const int begin = static_cast<int>(draw.below(blocks));
    if (swarm.nodes.size() < 2) continue;
    expect_cheapest(swarm, {{begin, blocks}, tokens, swarm.nodes[0].node, {}}, chains);
    expect_cheapest(swarm, {{begin, begin + 1}, tokens, swarm.nodes[0].node, swarm.nodes[1].node}, chains);
  }
  EXPECT_GT(chains, 10'000);
}

TEST(PetalsRoute, IsTheCheapestInLargerSwarms) {
  Draw draw(1, Stream::test, 51);
  int chains = 0;
  for (int i = 0; i < 120; ++i) {
    const tests::Swarm swarm = tests::random_swarm(draw, 24, 14);
    expect_cheapest(swarm, whole(swarm, 500), chains);
  }
  EXPECT_GT(chains, 50'000);
}

// Which of two whole-model servers is taken when only one thing differs.
struct Pair {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}});
  std::optional<double> first = 0.01;
  std::optional<double> second = 0.01;
  std::uint32_t chosen(Tokens cache_tokens = 0) const {
    RoutingView view = near_view(swarm);
    view.client_latency_s = [this](NodeId node) { return node == NodeId(0) ? first : second; };
    return route_with("petals", whole(swarm, cache_tokens), view).route.at(0).node.index();
  }
};

TEST(PetalsRoute, WeighsLatencySpeedAndRoom) {
  Pair pair;
  pair.second = 0.009;
  EXPECT_EQ(pair.chosen(), 1u) << "nearer";
  pair.swarm.nodes[0].inference_rps = 200;  // 4 blocks: 20 ms less; the latency is paid twice: 2 ms more
  EXPECT_EQ(pair.chosen(), 0u) << "faster";
  pair.swarm.nodes[0].queue = 1000;
  EXPECT_EQ(pair.chosen(), 0u) << "load is not in the cost";
  pair.swarm.nodes[0].cache_left = 400;
  EXPECT_EQ(pair.chosen(100), 0u) << "100 tokens in 4 blocks fit";
  EXPECT_EQ(pair.chosen(101), 1u) << "101 do not";
}

TEST(PetalsRoute, KnowsItsConstants) {
  Pair pair;
  pair.first = std::nullopt;
  pair.second = 0.151;
  EXPECT_EQ(pair.chosen(), 0u) << "unknown counts as 150 ms";
  pair.second = 0.149;
  EXPECT_EQ(pair.chosen(), 1u);
  pair.first = 6;
  pair.second = 1000;
  EXPECT_EQ(pair.chosen(), 0u) << "beyond 5 s all are equally far";
  // Room for the KV cache is worth 10 s: node 0 lacks it, node 1 is 4.9 s further, twice.
  pair.swarm.nodes[0].cache_left = 0;
  pair.first = 0.001;
  pair.second = 4.9;
  EXPECT_EQ(pair.chosen(1), 1u);
  pair.swarm.nodes[1].inference_rps = 4 / 0.3;  // 260 ms slower than node 0: more than the 202 ms that were left
  EXPECT_EQ(pair.chosen(1), 0u);
}

TEST(PetalsRoute, OneHopMoreCostsItsOverhead) {
  // Node 0 alone, or the faster nodes 1 and 2 with one more hop of 10 + 18 ms.
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 2}, {2, 4}});
  const auto hops = [&](double per_block_s) {
    swarm.nodes[1].inference_rps = swarm.nodes[2].inference_rps = 1 / per_block_s;
    return route_with("petals", whole(swarm), near_view(swarm)).route.size();
  };
  EXPECT_EQ(hops(0.0031), 1u);  // saves 4 x 6.9 = 27.6 ms
  EXPECT_EQ(hops(0.0029), 2u);  // saves 4 x 7.1 = 28.4 ms
}

TEST(PetalsRoute, RidesToTheEndOfASpan) {
  // Leaving node 0 after block 1 for the far faster node 1 would be cheaper; Petals does not look at such chains.
  tests::Swarm swarm = announcing(4, {{0, 3}, {1, 4}});
  swarm.nodes[1].inference_rps = 1e6;
  EXPECT_EQ(route_with("petals", whole(swarm), near_view(swarm)).route,
            (Route{{NodeId(0), {0, 3}}, {NodeId(1), {3, 4}}}));
}

TEST(PetalsRoute, AsksForFewLatencies) {
  // 1,000 nodes, 80 blocks, spans of up to 20. The plain graph has an edge for every pair where one ends and one
  // serves.
  Draw draw(1, Stream::test, 52);
  tests::Swarm swarm;
  swarm.blocks = 80;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const int size = 1 + static_cast<int>(draw.below(20));
    const int begin = static_cast<int>(draw.below(80 - size + 1));
    swarm.nodes.push_back(tests::plain_node(3 * i, size, {begin, begin + size}));
    swarm.nodes.back().inference_rps = draw.uniform(50, 1500);
  }
  std::int64_t pairs = 0;
  for (const NodeView& a : swarm.nodes) {
    for (const NodeView& b : swarm.nodes) pairs += b.span.contains(a.span.end);
  }
  RoutingView view = tests::routing_view(swarm, 0, 0);
  std::int64_t asked = 0;
  view.node_latency_s = [&asked, latency = view.node_latency_s](NodeId from, NodeId to) {
    ++asked;
    return latency(from, to);
  };
  EXPECT_TRUE(route_with("petals", whole(swarm), view));
  RecordProperty("pairs", std::to_string(pairs));
  RecordProperty("asked", std::to_string(asked));
  EXPECT_LT(asked, pairs / 3);
}

}  // namespace
}  // namespace orrery::sim::routing
