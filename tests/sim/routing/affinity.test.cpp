#include "sim/routing/policy.hpp"

// Requests that begin alike meet on the same nodes; late ones get a second chain of other nodes.

#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

RouteRequest of_group(const tests::Swarm& swarm, std::uint32_t group, Tokens cache_tokens = 0) {
  RouteRequest request = whole(swarm, cache_tokens);
  request.prefix = {group, 100};
  return request;
}

std::uint32_t home(const tests::Swarm& swarm, std::uint32_t group, std::uint64_t index = 0) {
  return route_with("session_affinity", of_group(swarm, group), near_view(swarm), index).route.at(0).node.index();
}

TEST(SessionAffinity, EveryClientSendsAGroupToTheSameNodes) {
  const tests::Swarm swarm = announcing(6, {{0, 3}, {0, 3}, {0, 3}, {3, 6}, {3, 6}, {2, 5}});
  for (std::uint32_t group = 0; group < 50; ++group) {
    const Route first = route_with("session_affinity", of_group(swarm, group), near_view(swarm), 0).route;
    const Route other = route_with("session_affinity", of_group(swarm, group), near_view(swarm), 77).route;
    EXPECT_EQ(first, other);
  }
}

TEST(SessionAffinity, NodesHaveGroupsInProportionToTheirSpeed) {
  tests::Swarm swarm = announcing(4, std::vector<BlockSpan>(4, {0, 4}));
  for (std::size_t i = 0; i < 4; ++i) {
    swarm.nodes[i].inference_rps = 100.0 * static_cast<double>(i + 1);
    swarm.nodes[i].queue = static_cast<int>(i);  // all of them wait equally long
  }
  std::map<std::uint32_t, int> groups;
  const int n = 5000;
  for (std::uint32_t group = 0; group < n; ++group) ++groups[home(swarm, group)];
  for (std::uint32_t i = 0; i < 4; ++i) {
    const double p = (i + 1) / 10.0;
    EXPECT_NEAR(groups[i], n * p, 5 * std::sqrt(n * p * (1 - p))) << i;
  }
}

TEST(SessionAffinity, WhoLeavesMovesHisOwnGroupsOnly) {
  const tests::Swarm swarm = announcing(4, std::vector<BlockSpan>(5, {0, 4}));
  tests::Swarm without = swarm;
  without.nodes.erase(without.nodes.begin() + 2);
  int moved = 0;
  for (std::uint32_t group = 0; group < 300; ++group) {
    const std::uint32_t before = home(swarm, group);
    if (before == 2) {
      ++moved;
    } else {
      EXPECT_EQ(home(without, group), before);
    }
  }
  EXPECT_GT(moved, 30);
}

TEST(SessionAffinity, PassesOverTheLoadedAndTheFull) {
  tests::Swarm swarm = announcing(4, std::vector<BlockSpan>(3, {0, 4}));
  const std::uint32_t first = home(swarm, 7);
  swarm.nodes[first].queue = 50;
  const std::uint32_t second = home(swarm, 7);
  EXPECT_NE(second, first);
  swarm.nodes[first].queue = 0;
  EXPECT_EQ(home(swarm, 7), first) << "back when it can";
  swarm.nodes[first].cache_left = 100;
  EXPECT_EQ(route_with("session_affinity", of_group(swarm, 7, 200), near_view(swarm)).route.at(0).node.index(), second);
}

TEST(SessionAffinity, WithoutAPrefixItIsTheShortestWait) {
  Draw draw(1, Stream::test, 63);
  for (int i = 0; i < 100; ++i) {
    const tests::Swarm swarm = tests::random_swarm(draw, 12, 8);
    const RoutingView view = tests::routing_view(swarm, 0, 0);
    EXPECT_EQ(route_with("session_affinity", whole(swarm), view).route,
              route_with("least_loaded", whole(swarm), view).route);
  }
}

std::unique_ptr<RoutingPolicy> made(const std::string& lines) {
  const config::Value root = config::parse_toml("[routing]\n" + lines, "test.toml");
  return std::move(config::Registry<RoutingPolicy>::instance().make(*root.find("routing"), "routing", "none").policy);
}

RouteRequest with_prompt(const tests::Swarm& swarm, Tokens prompt) {
  RouteRequest request = whole(swarm);
  request.prompt = prompt;
  return request;
}

TEST(Hedged, LateIsWhatTheStatedShareOfTheClassWasNot) {
  const auto policy = made("policy = \"hedged\"\nquantile = 0.9\nleast = 10\nwindow = 20\n");
  const tests::Swarm swarm = announcing(2, {{0, 2}});
  RoutingMemory memory;
  const RouteRequest request = with_prompt(swarm, 100);
  for (int i = 1; i <= 10; ++i) {
    EXPECT_FALSE(policy->patience_s(request, memory)) << i;
    policy->answered(request, i, memory);
  }
  // Nine of ten were sooner than the tenth; 64 to 127 tokens are one class, 128 another.
  EXPECT_EQ(policy->patience_s(request, memory), 10);
  EXPECT_EQ(policy->patience_s(with_prompt(swarm, 64), memory), 10);
  EXPECT_FALSE(policy->patience_s(with_prompt(swarm, 128), memory));
  for (int i = 0; i < 20; ++i) policy->answered(request, 0.5, memory);
  EXPECT_EQ(policy->patience_s(request, memory), 0.5) << "the window has moved on";
}

TEST(Hedged, TheSecondChainIsOfOthersWhereItCan) {
  const auto policy = made("policy = \"hedged\"\nof = \"least_loaded\"\n");
  const tests::Swarm swarm = announcing(4, {{0, 2}, {0, 2}, {2, 4}});
  const RoutingView view = near_view(swarm);
  RoutingMemory memory;
  Draw draw(1, Stream::test, 64);
  const Route first = policy->route(whole(swarm), view, memory, draw).route;
  EXPECT_EQ(first, route_with("least_loaded", whole(swarm), view).route);
  const Route second = policy->hedge(whole(swarm), view, memory, draw, first).route;
  EXPECT_NE(second.at(0).node, first.at(0).node);
  EXPECT_EQ(second.at(1).node, first.at(1).node) << "nobody else serves these";
}

TEST(Hedged, NamesAPolicyOfAClient) {
  EXPECT_THROW(made("policy = \"hedged\"\nof = \"hedged\"\n"), InputError);
  EXPECT_THROW(made("policy = \"hedged\"\nof = \"clairvoyant\"\n"), InputError);
  EXPECT_THROW(made("policy = \"hedged\"\nof = \"petal\"\n"), InputError);
}

}  // namespace
}  // namespace orrery::sim::routing
