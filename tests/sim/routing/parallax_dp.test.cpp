#include "sim/routing/policy.hpp"

// Parallax's dynamic program against all chains.

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

double latency(const RoutingView& view, NodeId from, NodeId to) {
  const auto measured = from && to ? view.node_latency_s(from, to) : view.client_latency_s(from ? from : to);
  return measured.value_or(0.15);
}

double per_layer(const NodeView& node) {
  return node.block_latency_s > 0 ? node.block_latency_s : 1 / node.inference_rps;
}

bool full(const NodeView& node, const RouteRequest& request) {
  return request.cache_tokens * node.span.size() > node.cache_left;
}

// The least cost from `block` on over all ways to give every block to a server of it; `at` has just done block - 1.
double cheapest(int block, NodeId at, const RouteRequest& request, const RoutingView& view) {
  if (block == request.span.end) return latency(view, at, request.after);
  double best = std::numeric_limits<double>::infinity();
  for (const NodeView& node : view.swarm.nodes) {
    if (!node.span.contains(block)) continue;
    const double hop = node.node == at && block > request.span.begin ? 0 : latency(view, at, node.node);
    best = std::min(best, hop + per_layer(node) + cheapest(block + 1, node.node, request, view));
  }
  return best;
}

double cost_of(const Route& route, const RouteRequest& request, const RoutingView& view) {
  double cost = 0;
  NodeId at = request.before;
  for (const Hop& hop : route) {
    const auto node = std::find_if(view.swarm.nodes.begin(), view.swarm.nodes.end(),
                                   [&hop](const NodeView& n) { return n.node == hop.node; });
    cost += latency(view, at, hop.node) + hop.span.size() * per_layer(*node);
    at = hop.node;
  }
  return cost + latency(view, at, request.after);
}

TEST(ParallaxDp, IsTheCheapestOfAllWaysThroughTheLayers) {
  Draw draw(1, Stream::test, 70);
  int found = 0, left_early = 0;
  for (int i = 0; i < 1500; ++i) {
    const tests::Swarm swarm =
        tests::random_swarm(draw, 1 + static_cast<int>(draw.below(6)), 1 + static_cast<int>(draw.below(6)));
    const RoutingView view = tests::routing_view(swarm, 0, 0);
    const RouteRequest request = whole(swarm);
    const RouteOutcome outcome = route_with("parallax_dp", request, view);
    if (!outcome) continue;
    ++found;
    const double best = cheapest(0, {}, request, view);
    EXPECT_NEAR(cost_of(outcome.route, request, view), best, 1e-9 * best) << swarm.what;
    for (const Hop& hop : outcome.route) {
      const auto node =
          std::find_if(swarm.nodes.begin(), swarm.nodes.end(), [&](const NodeView& n) { return n.node == hop.node; });
      left_early += hop.span.end < node->span.end ? 1 : 0;
    }
  }
  EXPECT_GT(found, 300);
  EXPECT_GT(left_early, 30) << "chains may leave a node before its span ends";
}

TEST(ParallaxDp, BelievesWhatNodesMeasuredUnderLoad) {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}});
  EXPECT_EQ(route_with("parallax_dp", whole(swarm), near_view(swarm)).route.at(0).node, NodeId(0));
  swarm.nodes[0].block_latency_s = 0.02;  // an idle one needs 0.01
  EXPECT_EQ(route_with("parallax_dp", whole(swarm), near_view(swarm)).route.at(0).node, NodeId(1));
}

TEST(ParallaxDp, FullNodesAreClosedUnlessNobodyElseIsThere) {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}});
  swarm.nodes[1].inference_rps = 1;
  swarm.nodes[0].cache_left = 399;
  const auto first = [&](Tokens tokens, std::vector<std::uint32_t> banned = {}) {
    return route_with("parallax_dp", whole(swarm, tokens), near_view(swarm, std::move(banned))).route.at(0).node;
  };
  EXPECT_EQ(first(99), NodeId(0));
  EXPECT_EQ(first(100), NodeId(1));
  EXPECT_TRUE(full(swarm.nodes[0], whole(swarm, 100)));
  EXPECT_EQ(first(100, {1}), NodeId(0));
}

}  // namespace
}  // namespace orrery::sim::routing
