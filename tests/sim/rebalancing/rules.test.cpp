#include "sim/rebalancing/policy.hpp"

// What hysteresis and cost_aware add to Petals' rule, by hand.

#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/rebalancing/moves.hpp"

namespace orrery::sim::rebalancing {
namespace {

using Kind = Decision::Kind;

// Sums (6, x): one of the three servers of block 0 would raise block 1 to x + 2.
tests::Swarm lopsided(double x) { return serving(2, {{{0, 1}, 2}, {{0, 1}, 2}, {{0, 1}, 2}, {{1, 2}, x}}); }

Decision decide(const std::string& lines, const RebalancingView& view) {
  Draw draw(1, Stream::sharding, 0);
  return make_rebalancing(lines)->decide(view, draw);
}

TEST(Never, NeverChecks) {
  Draw draw(1, Stream::test, 0);
  EXPECT_TRUE(std::isinf(make_rebalancing("policy = \"never\"")->period_s(draw)));
  EXPECT_EQ(draw.index(), 0u);
}

TEST(Hysteresis, WishesUntilConfirmed) {
  const std::string lines = "policy = \"hysteresis\"\nconfirmations = 3";
  const tests::Swarm swarm = lopsided(1);
  RebalancingView view = view_of(swarm, 0);
  for (int wishes : {0, 1}) {
    view.wishes = wishes;
    EXPECT_EQ(decide(lines, view).kind, Kind::wish) << wishes;
  }
  view.wishes = 2;
  EXPECT_EQ(decide(lines, view).kind, Kind::move);
  EXPECT_EQ(decide(lines, view).target, (BlockSpan{1, 2}));
}

TEST(Hysteresis, RestsAfterAMove) {
  const std::string lines = "policy = \"hysteresis\"\nconfirmations = 1\nrest_s = 300";
  const tests::Swarm swarm = lopsided(1);
  RebalancingView view = view_of(swarm, 0);
  view.served = Duration::from_seconds(299);
  EXPECT_EQ(decide(lines, view).kind, Kind::wish);
  view.served = Duration::from_seconds(300);
  EXPECT_EQ(decide(lines, view).kind, Kind::move);
}

TEST(Hysteresis, FillsAHoleAtOnce) {
  const tests::Swarm swarm = serving(4, {{{0, 2}, 10}, {{0, 2}, 10}});
  RebalancingView view = view_of(swarm, 0);
  view.served = Duration();
  EXPECT_EQ(decide("policy = \"hysteresis\"", view).target, (BlockSpan{2, 4}));
}

TEST(Hysteresis, IsContentAboveTheThreshold) {
  const tests::Swarm swarm = lopsided(3.5);
  EXPECT_EQ(decide("policy = \"hysteresis\"\nconfirmations = 1", view_of(swarm, 0)).kind, Kind::stay);
}

TEST(CostAware, MovesExactlyWhenTheGainOutweighsTheCost) {
  // From (6, 1) to (4, 3): the thinnest block gains 2 (and the thousandth by which the node discounts itself, on block
  // 0 only). Without the node (4, 1): nothing is lacking while it is away. It is away for 100 s of a horizon of 600 s,
  // so the gain is 2 * 500 = 1000 requests; the cost is the positions it holds.
  const std::string lines = "policy = \"cost_aware\"\nhorizon_s = 600\nmargin = 1";
  const tests::Swarm swarm = lopsided(1);
  RebalancingView view = view_of(swarm, 0);
  view.reload_s = [](BlockSpan) { return 100.0; };
  view.cached = 999;
  EXPECT_EQ(decide(lines, view).kind, Kind::move);
  EXPECT_EQ(decide(lines, view).target, (BlockSpan{1, 2}));
  view.cached = 1001;
  EXPECT_EQ(decide(lines, view).kind, Kind::stay);
}

TEST(CostAware, CountsWhatTheSwarmLacksMeanwhile) {
  // Sums (3, 1, 1): the node of 2 on blocks 0 and 1 moves to blocks 1 and 2. Sums without it (1, -1 + ..): it is alone
  // on block 1 but for the other of 1, so while it is away the thinnest block has 0 of the 1 it has now.
  const tests::Swarm swarm = serving(3, {{{0, 2}, 2}, {{0, 1}, 3}, {{2, 3}, 1}, {{1, 2}, 1}});
  const std::string lines = "policy = \"cost_aware\"\nhorizon_s = 100\nmargin = 1";
  RebalancingView view = view_of(swarm, 0);
  // Sums (5, 3, 1) -> (3, 3, 3): gain 2 (100 - T). Without it (3, 1, 1): lacking 0.
  view.reload_s = [](BlockSpan) { return 90.0; };
  view.cached = 19;
  EXPECT_EQ(decide(lines, view).kind, Kind::move);
  view.cached = 21;
  EXPECT_EQ(decide(lines, view).kind, Kind::stay);
  view.cached = 0;
  view.reload_s = [](BlockSpan) { return 101.0; };
  EXPECT_EQ(decide(lines, view).kind, Kind::stay) << "the horizon ends before the weights are there";
}

TEST(CostAware, DoesNotMoveForThroughputThatNobodyAsksFor) {
  // Sums (6, 1), and (4, 3) after a move; the busiest block is asked for `busy` * 6, and twice that is provided for.
  tests::Swarm swarm = lopsided(1);
  const std::string lines = "policy = \"cost_aware\"\nheadroom = 2";
  for (NodeView& node : swarm.nodes) node.busy = 0.05;
  EXPECT_EQ(decide(lines, view_of(swarm, 0)).kind, Kind::stay) << "0.6 are asked for, and 1 is there";
  for (NodeView& node : swarm.nodes) node.busy = 0.2;
  EXPECT_EQ(decide(lines, view_of(swarm, 0)).kind, Kind::move);
}

TEST(CostAware, FillsAHoleButOpensNone) {
  const tests::Swarm redundant = serving(4, {{{0, 2}, 10}, {{0, 2}, 10}});
  EXPECT_EQ(decide("policy = \"cost_aware\"", view_of(redundant, 0)).target, (BlockSpan{2, 4}));
  const tests::Swarm alone = serving(4, {{{0, 2}, 10}});
  EXPECT_EQ(decide("policy = \"cost_aware\"", view_of(alone, 0)).kind, Kind::stay);
}

}  // namespace
}  // namespace orrery::sim::rebalancing
