#include "sim/sharding/policy.hpp"

// Petals' rules worked out by hand. petals_golden.test.cpp compares with Petals' own code.

#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::sharding {
namespace {

using Spans = std::vector<BlockSpan>;

const auto petals = [] { return make_sharding("policy = \"petals\""); };

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

TEST(PetalsTiming, AServerThatJoinsWaitsUniformlyUpToTwiceTheMean) {
  const auto policy = petals();
  Draw draw(2, Stream::test, 45);
  const int n = 4000;
  double delay = 0;
  for (int i = 0; i < n; ++i) {
    const double d = policy->join_delay_s(draw);
    EXPECT_LT(d, 10);
    delay += d / n;
  }
  // Five standard errors of a uniform mean: width / sqrt(12 n).
  EXPECT_NEAR(delay, 5, 5 * 10 / std::sqrt(12.0 * n));
}

}  // namespace
}  // namespace orrery::sim::sharding
