#include "sim/routing/policy.hpp"

// Round robin takes turns; power of d compares d.

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

class Client {
 public:
  explicit Client(const std::string& policy) : policy_(config::Registry<RoutingPolicy>::instance().make(policy)) {}
  std::uint32_t first_of(const tests::Swarm& swarm, std::vector<std::uint32_t> banned = {}) {
    return policy_->route(whole(swarm), near_view(swarm, std::move(banned)), memory_, draw_).route.at(0).node.index();
  }

 private:
  std::unique_ptr<RoutingPolicy> policy_;
  RoutingMemory memory_;
  Draw draw_{1, Stream::test, 60};
};

TEST(RoundRobin, EverybodyGetsATurnBeforeAnybodyGetsTwo) {
  const tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}, {0, 4}, {0, 4}, {0, 4}});
  Client client("round_robin");
  const std::uint32_t begin = client.first_of(swarm);
  for (std::uint32_t i = 1; i < 12; ++i) EXPECT_EQ(client.first_of(swarm), (begin + i) % 5);
}

TEST(RoundRobin, BlocksHaveTurnsOfTheirOwn) {
  const tests::Swarm swarm = announcing(4, {{0, 2}, {0, 2}, {0, 2}, {2, 4}, {2, 4}});
  const auto policy = config::Registry<RoutingPolicy>::instance().make("round_robin");
  RoutingMemory memory;
  Draw draw(1, Stream::test, 61);
  std::map<std::uint32_t, int> visits;
  for (int i = 0; i < 12; ++i) {
    for (const Hop& hop : policy->route(whole(swarm), near_view(swarm), memory, draw).route) ++visits[hop.node.index()];
  }
  EXPECT_EQ(visits, (std::map<std::uint32_t, int>{{0, 4}, {1, 4}, {2, 4}, {3, 6}, {4, 6}}));
}

TEST(RoundRobin, WhoLeavesLosesHisTurnOnly) {
  const tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}, {0, 4}});
  Client client("round_robin");
  const std::uint32_t begin = client.first_of(swarm);
  const std::uint32_t next = (begin + 1) % 3, after = (begin + 2) % 3;
  EXPECT_EQ(client.first_of(swarm, {next}), after);
  EXPECT_EQ(client.first_of(swarm), begin);
}

TEST(RoundRobin, ClientsBeginApart) {
  const tests::Swarm swarm = announcing(4, std::vector<BlockSpan>(16, {0, 4}));
  std::map<std::uint32_t, int> begins;
  for (std::uint64_t i = 0; i < 64; ++i) {
    ++begins[route_with("round_robin", whole(swarm), near_view(swarm), 100 * i).route.at(0).node.index()];
  }
  EXPECT_GT(begins.size(), 10u);
}

// With n idle-to-busy servers the busiest of n - 1 others can only be met if all d draws are it: never for d >= 2.
TEST(PowerOfD, TakesTheBetterOfTwo) {
  tests::Swarm swarm = announcing(4, std::vector<BlockSpan>(4, {0, 4}));
  for (std::size_t i = 0; i < 4; ++i) swarm.nodes[i].queue = static_cast<int>(10 * i);
  Client client("power_of_d");
  std::map<std::uint32_t, int> seen;
  const int n = 6000;
  for (int i = 0; i < n; ++i) ++seen[client.first_of(swarm)];
  // Of the 6 pairs, node i is the better in 3 - i.
  for (std::uint32_t i = 0; i < 4; ++i) {
    const double p = (3.0 - i) / 6;
    EXPECT_NEAR(seen[i], n * p, 5 * std::sqrt(n * p * (1 - p))) << i;
  }
}

TEST(PowerOfD, OfEverybodyIsLeastLoaded) {
  Draw draw(1, Stream::test, 62);
  const config::Value root = config::parse_toml("[routing]\npolicy = \"power_of_d\"\nd = 1024\n", "test.toml");
  const auto all = config::Registry<RoutingPolicy>::instance().make(*root.find("routing"), "routing", "none");
  for (int i = 0; i < 200; ++i) {
    const tests::Swarm swarm = tests::random_swarm(draw, 12, 8);
    const RoutingView view = tests::routing_view(swarm, 0, 0);
    RoutingMemory memory;
    EXPECT_EQ(all.policy->route(whole(swarm), view, memory, draw).route,
              route_with("least_loaded", whole(swarm), view).route);
  }
}

}  // namespace
}  // namespace orrery::sim::routing
