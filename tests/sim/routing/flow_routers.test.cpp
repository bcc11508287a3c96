#include "sim/routing/policy.hpp"

// helix and swarm: what they remember, and what they make of it.

#include <map>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "tests/policies/views.hpp"

namespace orrery::sim::routing {
namespace {

// Two stages of two blocks: nodes 0 and 1 serve the first, 2 the second; node 1 is three times as fast as node 0.
tests::Swarm two_stages() {
  tests::Swarm swarm;
  swarm.blocks = 4;
  swarm.nodes = {tests::plain_node(0, 2, {0, 2}), tests::plain_node(1, 2, {0, 2}), tests::plain_node(2, 2, {2, 4})};
  swarm.nodes[0].inference_rps = 20;
  swarm.nodes[1].inference_rps = 60;
  swarm.nodes[2].inference_rps = 1000;
  for (NodeView& node : swarm.nodes) node.cache_left = 20'000;
  return swarm;
}

struct Client {
  tests::Swarm swarm = two_stages();
  std::unique_ptr<RoutingPolicy> policy;
  RoutingMemory memory;
  Draw draw{1, Stream::test, 800};

  explicit Client(const std::string& lines) {
    const config::Value root = config::parse_toml("[routing]\n" + lines, "test.toml");
    policy = config::Registry<RoutingPolicy>::instance().make(*root.find("routing"), "routing", "none").policy;
  }
  RoutingView view() const { return tests::routing_view(swarm, 0, 0); }
  RouteOutcome route(Tokens prompt = 100) {
    RouteRequest request{{0, 4}, prompt + 50, NodeId(), NodeId()};
    request.prompt = prompt;
    request.output = 50;
    return policy->route(request, view(), memory, draw);
  }
  void tell(Observation::What what, const Hop& hop, NodeId before, Tokens tokens, double seconds = 0, Tokens prompt = 100) {
    Observation seen{what, hop, before};
    seen.tokens = tokens;
    seen.seconds = seconds;
    seen.prompt = prompt;
    policy->observe(seen, memory);
  }
};

std::map<std::uint32_t, int> first_hops(Client& client, int count) {
  std::map<std::uint32_t, int> hops;
  for (int i = 0; i < count; ++i) ++hops[client.route().route.front().node.index()];
  return hops;
}

TEST(HelixRouting, SharesLinksAsTheFlowDoes) {
  Client client("policy = \"helix\"");
  const auto hops = first_hops(client, 40);
  EXPECT_EQ(hops.at(0), 10);
  EXPECT_EQ(hops.at(1), 30);
}

TEST(HelixRouting, DecodeStepsCountAsWork) {
  Client client("policy = \"helix\"");
  client.route();  // works the flow out
  for (int i = 0; i < 3000; ++i) client.tell(Observation::What::step, {NodeId(1), {0, 2}}, NodeId(), 1);
  EXPECT_EQ(first_hops(client, 8).at(0), 8) << "node 1 is 3000 tokens ahead of its share";
}

TEST(HelixRouting, KeepsBooksOfMemoryAndPassesOverFullNodes) {
  Client client("policy = \"helix\"\nexpected_output = 100");
  EXPECT_EQ(client.policy->load(client.view(), client.memory), 0.0);
  // (1000 + 100) x 2 blocks of 20,000: 11 %; the eighth would go beyond 85 %.
  const Hop fast{NodeId(1), {0, 2}};
  for (int i = 0; i < 7; ++i) client.tell(Observation::What::opened, fast, NodeId(), 1050, 0, 1000);
  EXPECT_NEAR(*client.policy->load(client.view(), client.memory), 7 * 2200 / 40'000.0, 1e-12) << "of both nodes' memory";
  EXPECT_EQ(client.route(1000).route.front().node, NodeId(0));
  client.tell(Observation::What::closed, fast, NodeId(), 0, 0, 1000);
  EXPECT_EQ(client.route(1000).route.front().node, NodeId(1));
  for (std::uint32_t node : {0u, 1u}) {
    for (int i = 0; i < 9; ++i) client.tell(Observation::What::opened, {NodeId(node), {0, 2}}, NodeId(), 1050, 0, 1000);
  }
  const RouteOutcome none = client.route(1000);
  EXPECT_NE(none.reason.find("high-water"), std::string::npos) << none.reason;
}

TEST(SwarmRouting, UsesHopsInInverseProportionToTheirTimes) {
  Client client("policy = \"swarm\"");
  client.route();
  for (int i = 0; i < 50; ++i) {
    client.tell(Observation::What::step, {NodeId(0), {0, 2}}, NodeId(), 1, 0.3);
    client.tell(Observation::What::step, {NodeId(1), {0, 2}}, NodeId(), 1, 0.1);
  }
  const auto hops = first_hops(client, 400);
  EXPECT_NEAR(hops.at(1), 300, 3);
}

}  // namespace
}  // namespace orrery::sim::routing
