#include "sim/sharding/policy.hpp"

// Proportional stages worked out by hand.

#include <gtest/gtest.h>

#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::sharding {
namespace {

using Spans = std::vector<BlockSpan>;

// Two nodes with room for six blocks each, whose memory, compute and bandwidth stand 3:1, 1:1 and 1:3.
tests::Swarm unlike_pair() {
  tests::Swarm swarm = blank_swarm(8, {6, 6});
  swarm.nodes[0].memory_bytes = 3 * swarm.nodes[1].memory_bytes;
  swarm.nodes[1].memory_bandwidth = 3 * swarm.nodes[0].memory_bandwidth;
  return swarm;
}

TEST(Proportional, FollowsTheChosenWeight) {
  EXPECT_EQ(place_all(*make_sharding("policy = \"proportional\""), unlike_pair()), (Spans{{0, 6}, {6, 8}}));
  EXPECT_EQ(place_all(*make_sharding("policy = \"proportional\"\nby = \"memory\""), unlike_pair()),
            (Spans{{0, 6}, {6, 8}}));
  EXPECT_EQ(place_all(*make_sharding("policy = \"proportional\"\nby = \"compute\""), unlike_pair()),
            (Spans{{0, 4}, {4, 8}}));
  EXPECT_EQ(place_all(*make_sharding("policy = \"proportional\"\nby = \"bandwidth\""), unlike_pair()),
            (Spans{{0, 2}, {2, 8}}));
  EXPECT_THROW(make_sharding("policy = \"proportional\"\nby = \"beauty\""), InputError);
}

TEST(Proportional, MemoryBoundsTheShare) {
  tests::Swarm swarm = unlike_pair();
  swarm.nodes[0].max_blocks = 5;
  EXPECT_EQ(place_all(*make_sharding("policy = \"proportional\""), swarm), (Spans{{0, 5}, {5, 8}}));
}

TEST(Proportional, LeftoversReplicateTheThinnestBlocks) {
  tests::Swarm swarm = blank_swarm(8, {4, 4, 4});
  swarm.nodes[2].memory_bytes *= 0.5;
  // One pipeline of two; the third node's share is half of theirs, and all blocks are equally thin.
  EXPECT_EQ(place_all(*make_sharding("policy = \"proportional\""), swarm), (Spans{{0, 4}, {4, 8}, {0, 2}}));
}

TEST(Proportional, EveryNodeWithRoomIsUsed) {
  tests::Swarm swarm = blank_swarm(4, {3, 3, 3});
  swarm.nodes[0].memory_bytes *= 1e-6;  // its share rounds to nothing
  const Spans spans = place_all(*make_sharding("policy = \"proportional\""), swarm);
  for (BlockSpan span : spans) EXPECT_FALSE(span.empty());
  for (int n : servers(4, spans)) EXPECT_GE(n, 1);
}

TEST(Proportional, AJoinerTakesItsShareWhereServersAreFewest) {
  const auto policy = make_sharding("policy = \"proportional\"");
  tests::Swarm swarm = blank_swarm(6, {6, 6, 6});
  announce(swarm, {{0, 3}, {3, 6}, {0, 3}});
  EXPECT_EQ(join_one(*policy, swarm, 6), (BlockSpan{3, 6}));
  // A longer run without server is filled as far as memory goes.
  announce(swarm, {{0, 1}, {5, 6}, {0, 1}});
  EXPECT_EQ(join_one(*policy, swarm, 6), (BlockSpan{1, 5}));
  EXPECT_EQ(join_one(*policy, swarm, 2), (BlockSpan{1, 3}));
  // The first of all takes what it can hold.
  EXPECT_EQ(join_one(*policy, blank_swarm(6, {}), 4), (BlockSpan{0, 4}));
}

}  // namespace
}  // namespace orrery::sim::sharding
