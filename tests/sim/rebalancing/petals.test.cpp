#include "sim/rebalancing/policy.hpp"

// Petals' rule worked out by hand. tests/sim/sharding/petals_golden.test.cpp compares with Petals' own code.

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/rebalancing/moves.hpp"

namespace orrery::sim::rebalancing {
namespace {

std::optional<BlockSpan> rebalance(const tests::Swarm& swarm, std::size_t self, std::uint32_t shuffle = 0) {
  return move_of(*make_rebalancing("policy = \"petals\""), swarm, self, shuffle);
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
    std::vector<BlockSpan> spans;
    for (const NodeView& node : swarm.nodes) spans.push_back(node.span);
    const std::vector<int> count = sharding::servers(12, spans);
    EXPECT_GE(*std::min_element(count.begin(), count.end()), 1) << "lost stage " << lost;
    EXPECT_EQ(moves, 1) << "once the hole is filled, the others stay";
  }
}

TEST(PetalsTiming, ChecksAreUniformUpToTwiceTheirMean) {
  const auto policy = make_rebalancing("policy = \"petals\"\nmean_balance_check_period = 120");
  Draw draw(2, Stream::test, 46);
  const int n = 4000;
  double period = 0;
  for (int i = 0; i < n; ++i) {
    const double p = policy->period_s(draw);
    EXPECT_LT(p, 240);
    period += p / n;
  }
  EXPECT_NEAR(period, 120, 5 * 240 / std::sqrt(12.0 * n));  // five standard errors
}

}  // namespace
}  // namespace orrery::sim::rebalancing
