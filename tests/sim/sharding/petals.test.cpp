#include "sim/sharding/policy.hpp"

// Petals' rules worked out by hand. petals_golden.test.cpp compares with Petals' own code.

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::sharding {
namespace {

using Spans = std::vector<BlockSpan>;

const auto petals = [] { return make_sharding("policy = \"petals\""); };

// Nodes that serve these spans with these throughputs; room for exactly that.
tests::Swarm serving(int blocks, const std::vector<std::pair<BlockSpan, double>>& servers) {
  tests::Swarm swarm;
  swarm.blocks = blocks;
  for (const auto& [span, throughput] : servers) {
    swarm.nodes.push_back(tests::plain_node(static_cast<std::uint32_t>(swarm.nodes.size()), span.size(), span));
    swarm.nodes.back().throughput = throughput;
  }
  return swarm;
}

std::optional<BlockSpan> rebalance(const tests::Swarm& swarm, std::size_t self, std::uint32_t shuffle = 0) {
  Draw draw(1, Stream::sharding, shuffle);
  return petals()->rebalance(swarm.view(), self, draw);
}

TEST(PetalsJoin, TakesTheThinnestRun) {
  // Sums before each join, by hand:      0 0 0 0 0 0 | 10 10 10 0 0 0 | 10 10 10 5 5 0 | 10 10 10 5 6 1 | 10 10 10 7 8
  // 3
  tests::Swarm swarm = blank_swarm(6, {3, 2, 2, 3, 2});
  const std::vector<double> throughputs = {10, 5, 1, 2, 4};
  for (std::size_t i = 0; i < throughputs.size(); ++i) swarm.nodes[i].throughput = throughputs[i];
  EXPECT_EQ(place_all(*petals(), swarm), (Spans{{0, 3}, {3, 5}, {4, 6}, {3, 6}, {4, 6}}));
}

TEST(PetalsJoin, WholePlacementIsJoinsInOrder) {
  Draw draw(1, Stream::test, 44);
  const auto policy = petals();
  for (int i = 0; i < 100; ++i) {
    const tests::Swarm swarm = tests::random_swarm(draw, 20, 16);
    Draw unused(1, Stream::sharding, 0);
    EXPECT_EQ(policy->place(swarm.view(), unused), policy->ShardingPolicy::place(swarm.view(), unused));
  }
}

TEST(PetalsRebalance, StaysWhereTheSwarmWouldFallApart) {
  const tests::Swarm swarm = serving(4, {{{0, 2}, 10}, {{2, 4}, 1}});
  EXPECT_EQ(rebalance(swarm, 0), std::nullopt);
  EXPECT_EQ(rebalance(swarm, 1), std::nullopt);
}

TEST(PetalsRebalance, StaysInTheBestPlace) {
  const tests::Swarm swarm = serving(4, {{{0, 2}, 10}, {{0, 2}, 10}, {{2, 4}, 10}, {{2, 4}, 10}});
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(rebalance(swarm, i), std::nullopt) << i;
}

TEST(PetalsRebalance, FillsAHole) {
  const tests::Swarm swarm = serving(4, {{{0, 2}, 10}, {{0, 2}, 10}});
  EXPECT_EQ(rebalance(swarm, 0), (BlockSpan{2, 4}));
  EXPECT_EQ(rebalance(swarm, 1), (BlockSpan{2, 4}));
}

TEST(PetalsRebalance, MovesOnlyBelowTheBalanceQuality) {
  // Three servers of 2 on block 0, one of x on block 1: sums (6, x). One of the three would move: (4, x + 2), and
  // nobody else. The thinnest block had x of the 4 it would have; the bound is 0.75 - 0.001.
  const auto swarm = [](double x) { return serving(2, {{{0, 1}, 2}, {{0, 1}, 2}, {{0, 1}, 2}, {{1, 2}, x}}); };
  for (std::uint32_t shuffle = 0; shuffle < 20; ++shuffle) {
    EXPECT_EQ(rebalance(swarm(3.0), 0, shuffle), std::nullopt);
    EXPECT_EQ(rebalance(swarm(2.997), 0, shuffle), std::nullopt);
    EXPECT_EQ(rebalance(swarm(2.995), 0, shuffle), (BlockSpan{1, 2}));
  }
}

TEST(PetalsRebalance, RestoresCoverageAfterALoss) {
  // Three stages, each twice; both servers of one stage are lost. The others check one after another.
  for (int lost = 0; lost < 3; ++lost) {
    tests::Swarm swarm;
    swarm.blocks = 12;
    for (int i = 0; i < 6; ++i) {
      if (i % 3 == lost) continue;
      swarm.nodes.push_back(tests::plain_node(i, 4, {4 * (i % 3), 4 * (i % 3) + 4}));
    }
    int moves = 0;
    for (std::size_t i = 0; i < swarm.nodes.size(); ++i) {
      if (const auto span = rebalance(swarm, i)) {
        swarm.nodes[i].span = *span;
        ++moves;
      }
    }
    Spans spans;
    for (const NodeView& node : swarm.nodes) spans.push_back(node.span);
    const std::vector<int> count = servers(12, spans);
    EXPECT_GE(*std::min_element(count.begin(), count.end()), 1) << "lost stage " << lost;
    EXPECT_EQ(moves, 1) << "once the hole is filled, the others stay";
  }
}

TEST(PetalsTiming, WaitsAreUniformUpToTwiceTheirMean) {
  const auto policy = make_sharding("policy = \"petals\"\nmean_balance_check_period = 120");
  Draw draw(2, Stream::test, 45);
  const int n = 4000;
  double period = 0;
  double delay = 0;
  for (int i = 0; i < n; ++i) {
    const double p = policy->rebalance_period_s(draw);
    const double d = policy->join_delay_s(draw);
    EXPECT_LT(p, 240);
    EXPECT_LT(d, 10);
    period += p / n;
    delay += d / n;
  }
  // Five standard errors of a uniform mean: width / sqrt(12 n).
  EXPECT_NEAR(period, 120, 5 * 240 / std::sqrt(12.0 * n));
  EXPECT_NEAR(delay, 5, 5 * 10 / std::sqrt(12.0 * n));
}

}  // namespace
}  // namespace orrery::sim::sharding
