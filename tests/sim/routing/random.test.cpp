#include "sim/routing/policy.hpp"

// The random walk: uniform at every step.

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

TEST(Random, EveryServerOfTheNextBlockIsEquallyLikely) {
  // Three servers of block 0; where node 2 ends, nodes 3 and 4 are left.
  const tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}, {0, 2}, {1, 4}, {2, 4}});
  std::map<std::vector<std::uint32_t>, int> seen;  // the nodes of a route -> how often
  const int n = 6000;
  for (int i = 0; i < n; ++i) {
    std::vector<std::uint32_t> nodes;
    for (const Hop& hop : route_with("random", whole(swarm), near_view(swarm), 10 * i).route) {
      nodes.push_back(hop.node.index());
    }
    ++seen[nodes];
  }
  const auto expect_share = [&](const std::vector<std::uint32_t>& nodes, double p) {
    EXPECT_NEAR(seen[nodes], n * p, 5 * std::sqrt(n * p * (1 - p)));
  };
  // Nodes 0 and 1 serve blocks 2 and 3 too, so node 2 is followed by one of four.
  expect_share({0}, 1.0 / 3);
  expect_share({1}, 1.0 / 3);
  for (std::uint32_t next : {0, 1, 3, 4}) expect_share({2, next}, 1.0 / 12);
  EXPECT_EQ(seen.size(), 6u);
}

}  // namespace
}  // namespace orrery::sim::routing
