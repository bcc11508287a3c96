#include "sim/routing/policy.hpp"

#include <gtest/gtest.h>

#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

TEST(Covers, IsAPartitionInOrderWithinAnnouncedSpans) {
  const tests::Swarm swarm = announcing(6, {{0, 3}, {2, 5}, {3, 6}, {}});
  const auto covered = [&](const Route& route, BlockSpan span) { return covers(route, span, swarm.view()); };
  const auto hop = [](std::uint32_t node, int begin, int end) { return Hop{NodeId(node), {begin, end}}; };
  EXPECT_TRUE(covered({hop(0, 0, 3), hop(2, 3, 6)}, {0, 6}));
  EXPECT_TRUE(covered({hop(0, 0, 2), hop(1, 2, 5), hop(2, 5, 6)}, {0, 6}));
  EXPECT_TRUE(covered({hop(1, 3, 4)}, {3, 4}));
  EXPECT_TRUE(covered({}, {2, 2}));
  EXPECT_FALSE(covered({}, {0, 1})) << "covers nothing";
  EXPECT_FALSE(covered({hop(0, 0, 3)}, {0, 6})) << "ends too early";
  EXPECT_FALSE(covered({hop(0, 0, 3), hop(2, 3, 6)}, {0, 5})) << "ends too late";
  EXPECT_FALSE(covered({hop(0, 1, 3), hop(2, 3, 6)}, {0, 6})) << "starts too late";
  EXPECT_FALSE(covered({hop(0, 0, 3), hop(1, 2, 5), hop(2, 5, 6)}, {0, 6})) << "a block twice";
  EXPECT_FALSE(covered({hop(0, 0, 2), hop(2, 3, 6)}, {0, 6})) << "a block left out";
  EXPECT_FALSE(covered({hop(0, 0, 4), hop(2, 4, 6)}, {0, 6})) << "beyond what node 0 announced";
  EXPECT_FALSE(covered({hop(2, 2, 6)}, {2, 6})) << "before what node 2 announced";
  EXPECT_FALSE(covered({hop(3, 0, 6)}, {0, 6})) << "node 3 serves nothing";
  EXPECT_FALSE(covered({hop(9, 0, 6)}, {0, 6})) << "nobody has this id";
  EXPECT_FALSE(covered({hop(0, 0, 3), hop(2, 3, 3), hop(2, 3, 6)}, {0, 6})) << "an empty hop";
}

}  // namespace
}  // namespace orrery::sim::routing
