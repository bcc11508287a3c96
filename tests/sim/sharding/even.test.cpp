#include "sim/sharding/policy.hpp"

// Even stages worked out by hand.

#include <gtest/gtest.h>

#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::sharding {
namespace {

using Spans = std::vector<BlockSpan>;

const auto even = [] { return make_sharding("policy = \"even\""); };

TEST(Even, EqualNodesGetEqualStagesInTurn) {
  // ceil(10 / 4) = 3 stages.
  EXPECT_EQ(place_all(*even(), blank_swarm(10, {4, 4, 4, 4, 4, 4})),
            (Spans{{0, 4}, {4, 7}, {7, 10}, {0, 4}, {4, 7}, {7, 10}}));
  // A seventh and eighth node start the next round.
  EXPECT_EQ(place_all(*even(), blank_swarm(10, {4, 4, 4, 4, 4, 4, 4, 4})),
            (Spans{{0, 4}, {4, 7}, {7, 10}, {0, 4}, {4, 7}, {7, 10}, {0, 4}, {4, 7}}));
}

TEST(Even, ANodeThatHoldsTheModelIsAPipeline) {
  EXPECT_EQ(place_all(*even(), blank_swarm(4, {9, 4, 2, 2})), (Spans{{0, 4}, {0, 4}, {0, 2}, {2, 4}}));
}

TEST(Even, TheSmallTakeWhatTheyHold) {
  EXPECT_EQ(place_all(*even(), blank_swarm(10, {1, 9})), (Spans{{0, 1}, {1, 10}}));
  EXPECT_EQ(place_all(*even(), blank_swarm(9, {1, 3, 6})), (Spans{{0, 1}, {1, 4}, {4, 9}}));
}

TEST(Even, ASwarmTooSmallIsFilledFromTheStart) {
  EXPECT_EQ(place_all(*even(), blank_swarm(10, {2, 0, 3})), (Spans{{0, 2}, {}, {2, 5}}));
}

TEST(Even, AJoinerFillsTheLowestGapFirst) {
  tests::Swarm swarm = blank_swarm(10, {4, 4});
  announce(swarm, {{0, 3}, {5, 8}});
  EXPECT_EQ(join_one(*even(), swarm, 4), (BlockSpan{3, 5}));  // no more than the gap
  EXPECT_EQ(join_one(*even(), swarm, 1), (BlockSpan{3, 4}));
  announce(swarm, {{0, 5}, {5, 8}});
  EXPECT_EQ(join_one(*even(), swarm, 4), (BlockSpan{8, 10}));
}

TEST(Even, AJoinerTakesTheStageWithFewestReplicas) {
  tests::Swarm swarm = blank_swarm(6, {3, 3, 3});
  announce(swarm, {{0, 3}, {3, 6}, {0, 3}});
  EXPECT_EQ(join_one(*even(), swarm, 3), (BlockSpan{3, 6}));
  EXPECT_EQ(join_one(*even(), swarm, 2), (BlockSpan{3, 5})) << "no stage fits: the thinnest run";
  announce(swarm, {{0, 3}, {3, 6}, {}});
  EXPECT_EQ(join_one(*even(), swarm, 5), (BlockSpan{0, 3})) << "ties to the lowest start";
}

TEST(Even, JoinsOneByOneReplicateEvenly) {
  tests::Swarm swarm = blank_swarm(12, {});
  Spans spans;
  for (int i = 0; i < 9; ++i) {
    spans.push_back(join_one(*even(), swarm, 4));
    swarm.nodes.push_back(tests::plain_node(static_cast<std::uint32_t>(i), 4, spans.back()));
  }
  EXPECT_EQ(servers(12, spans), std::vector<int>(12, 3));
}

}  // namespace
}  // namespace orrery::sim::sharding
