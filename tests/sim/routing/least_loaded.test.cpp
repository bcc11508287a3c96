#include "sim/routing/policy.hpp"

// Least loaded: (queue + 1) / inference_rps, ties to the lowest id.

#include <gtest/gtest.h>

#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

NodeId first_choice(const tests::Swarm& swarm, std::vector<std::uint32_t> banned = {}) {
  return route_with("least_loaded", whole(swarm), near_view(swarm, std::move(banned))).route.at(0).node;
}

TEST(LeastLoaded, PrefersTheIdle) {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}, {0, 4}});
  swarm.nodes[0].queue = 5;
  swarm.nodes[2].queue = 1;
  EXPECT_EQ(first_choice(swarm), NodeId(1));
  EXPECT_EQ(first_choice(swarm, {1}), NodeId(2));
}

TEST(LeastLoaded, CountsQueuesInSeconds) {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}});
  swarm.nodes[0].queue = 1;  // 2 / 100 s
  swarm.nodes[1].queue = 5;  // 6 / 400 s
  swarm.nodes[1].inference_rps = 400;
  EXPECT_EQ(first_choice(swarm), NodeId(1));
  swarm.nodes[1].queue = 8;  // 9 / 400 s
  EXPECT_EQ(first_choice(swarm), NodeId(0));
  swarm.nodes[1].queue = 7;  // 8 / 400 s: a tie
  EXPECT_EQ(first_choice(swarm), NodeId(0));
}

TEST(LeastLoaded, ChoosesAnewWhereASpanEnds) {
  tests::Swarm swarm = announcing(6, {{0, 3}, {0, 6}, {3, 6}});
  swarm.nodes[1].queue = 1;
  EXPECT_EQ(route_with("least_loaded", whole(swarm), near_view(swarm)).route,
            (Route{{NodeId(0), {0, 3}}, {NodeId(2), {3, 6}}}));
}

}  // namespace
}  // namespace orrery::sim::routing
