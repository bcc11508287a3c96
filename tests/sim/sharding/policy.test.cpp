#include "sim/sharding/policy.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::sharding {
namespace {

// Joins where it is told to by the number of nodes it can see; defaults otherwise.
struct Counting final : ShardingPolicy {
  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    const int seen = static_cast<int>(view.nodes.size());
    EXPECT_EQ(self + 1, view.nodes.size()) << "sees only those that came before it";
    EXPECT_TRUE(view.nodes[self].span.empty());
    if (self > 0) {
      EXPECT_EQ(view.nodes[self - 1].span, (BlockSpan{seen - 2, seen - 1})) << "where they went";
    }
    return {seen - 1, seen};
  }
};

TEST(ShardingPolicy, PlacesBySuccessiveJoins) {
  tests::Swarm swarm = blank_swarm(3, {1, 1, 1});
  announce(swarm, {{2, 3}, {2, 3}, {2, 3}});
  EXPECT_EQ(place_all(Counting{}, swarm), (std::vector<BlockSpan>{{0, 1}, {1, 2}, {2, 3}}));
}

TEST(ShardingPolicy, NeitherWaitsNorMovesUnlessItSaysSo) {
  Draw draw(1, Stream::test, 0);
  const Counting policy;
  EXPECT_EQ(policy.join_delay_s(draw), 0);
  EXPECT_STREQ(policy.rebalancing(), "never");
  EXPECT_EQ(draw.index(), 0u);
}

// even, proportional and petals all promise this.
TEST(FirstPolicies, CoverTheModelWheneverMemoryAllows) {
  Draw draw(1, Stream::test, 43);
  for (const char* name : {"even", "proportional", "petals"}) {
    const auto policy = config::Registry<ShardingPolicy>::instance().make(name);
    int whole = 0;
    for (int i = 0; i < 300; ++i) {
      const int blocks = 1 + static_cast<int>(draw.below(30));
      const tests::Swarm swarm = tests::random_swarm(draw, static_cast<int>(draw.below(10)), blocks);
      int room = 0;
      for (const NodeView& node : swarm.nodes) room += std::min(node.max_blocks, blocks);
      const std::vector<int> count = servers(blocks, place_all(*policy, swarm));
      const auto served = std::count_if(count.begin(), count.end(), [](int n) { return n > 0; });
      EXPECT_EQ(served, std::min(room, blocks)) << name << ", case " << i;
      whole += room >= blocks;
    }
    EXPECT_GT(whole, 100) << name;
  }
}

}  // namespace
}  // namespace orrery::sim::sharding
