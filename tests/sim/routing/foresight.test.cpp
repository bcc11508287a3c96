// Foresight, term by term, and the age model it rests on.

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/routing/ages.hpp"
#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

std::unique_ptr<RoutingPolicy> foresight(const std::string& lines) {
  const config::Value root = config::parse_toml("[routing]\npolicy = \"foresight\"\n" + lines, "test.toml");
  return config::Registry<RoutingPolicy>::instance().make(*root.find("routing"), "routing", "none").policy;
}

// Everything off but what `lines` turns on.
struct Client {
  explicit Client(const std::string& lines)
      : policy(foresight("spread = " + on(lines, "spread", 0) + "churn = " + on(lines, "churn", 0) +
                         "crowding = " + on(lines, "crowding", 0) + "first_hand = " + on(lines, "first_hand", 0) +
                         "relaxation_s = " + on(lines, "relaxation_s", 0))) {}
  static std::string on(const std::string& lines, const std::string& key, double off) {
    const auto at = lines.find(key + " = ");
    const std::string value = at == std::string::npos
                                  ? std::to_string(off)
                                  : lines.substr(at + key.size() + 3, lines.find(';', at) - at - key.size() - 3);
    return value + "\n";
  }
  std::uint32_t chosen(const tests::Swarm& swarm, Tokens output = 100) {
    RouteRequest request = whole(swarm, 10);
    request.prompt = 10;
    request.output = output;
    return policy->route(request, near_view(swarm), memory, draw).route.at(0).node.index();
  }
  void saw(Observation::What what, std::uint32_t node, double seconds = 0, double at_s = 1000) {
    policy->observe({what,
                     {NodeId(node), {0, 4}},
                     {},
                     what == Observation::What::step ? 1 : 10,
                     seconds,
                     seconds,
                     Time::from_seconds(at_s)},
                    memory);
  }
  std::unique_ptr<RoutingPolicy> policy;
  RoutingMemory memory;
  Draw draw{1, Stream::test, 80};
};

tests::Swarm two() {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}});
  swarm.nodes[1].inference_rps = 95;  // node 0 is 5 % faster
  return swarm;
}

TEST(Foresight, LoadIsBelievedAsLongAsItIsFresh) {
  tests::Swarm swarm = two();
  swarm.nodes[0].block_latency_s = 0.02;  // twice as slow as idle
  EXPECT_EQ(Client("").chosen(swarm), 0u) << "load is not looked at";
  EXPECT_EQ(Client("relaxation_s = 60").chosen(swarm), 1u) << "the announcement is 10 s old";
  for (NodeView& node : swarm.nodes) node.announced = swarm.now - Duration::from_seconds(600);
  EXPECT_EQ(Client("relaxation_s = 60").chosen(swarm), 0u) << "ten minutes old: both are as slow as the mean";
  EXPECT_EQ(Client("relaxation_s = 1e9").chosen(swarm), 1u) << "at face value";
}

TEST(Foresight, OwnStepsOutweighOldNews) {
  using What = Observation::What;
  const tests::Swarm swarm = two();
  Client client("relaxation_s = 60; first_hand = 0.3;");
  EXPECT_EQ(client.chosen(swarm), 0u);
  client.saw(What::opened, 0);
  for (int i = 0; i < 9; ++i) client.saw(What::step, 0, 0.2);
  EXPECT_EQ(client.chosen(swarm), 1u) << "50 ms a block, seen just now";
  Client deaf("relaxation_s = 60; first_hand = 0;");
  deaf.saw(What::opened, 0);
  for (int i = 0; i < 9; ++i) deaf.saw(What::step, 0, 0.2);
  EXPECT_EQ(deaf.chosen(swarm), 0u);
}

TEST(Foresight, OwnSessionsCrowdANodeUntilTheyEndOrItAnnounces) {
  using What = Observation::What;
  tests::Swarm swarm = two();
  Client client("crowding = 0.1");
  EXPECT_EQ(client.chosen(swarm), 0u);
  client.saw(What::opened, 0);
  EXPECT_EQ(client.chosen(swarm), 1u);
  client.saw(What::opened, 1);
  EXPECT_EQ(client.chosen(swarm), 0u);
  client.saw(What::opened, 0);
  client.saw(What::closed, 0);
  client.saw(What::lost, 1);
  EXPECT_EQ(client.chosen(swarm), 1u);
  for (NodeView& node : swarm.nodes) node.announced = swarm.now;
  EXPECT_EQ(client.chosen(swarm), 0u) << "the announcement counts them";
}

TEST(Foresight, OldNodesAreSaferThanNewOnes) {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}});
  swarm.nodes[1].inference_rps = 95;
  // Ages of a heavy tail; node 0 came a minute ago, node 1 has been there for a day.
  const double ages_s[] = {60, 86400, 100, 300, 900, 10000, 50000};
  for (std::size_t i = 0; i < swarm.nodes.size(); ++i) {
    swarm.nodes[i].announced = swarm.now;
    swarm.nodes[i].online_since = swarm.now - Duration::from_seconds(ages_s[i]);
  }
  EXPECT_EQ(Client("").chosen(swarm, 4000), 0u);
  EXPECT_EQ(Client("churn = 1").chosen(swarm, 4000), 1u);
}

TEST(Foresight, WhoHasNotBeenHeardOfMayBeGone) {
  tests::Swarm swarm = two();
  swarm.nodes[0].announced = swarm.now - Duration::from_seconds(110);
  swarm.nodes[1].announced = swarm.now;
  Client client("churn = 1");
  EXPECT_EQ(client.chosen(swarm, 10), 1u);
  client.saw(Observation::What::opened, 0);
  EXPECT_EQ(client.chosen(swarm, 10), 0u) << "it answered just now";
}

TEST(Foresight, SpreadKeepsClientsApart) {
  const tests::Swarm swarm = announcing(4, std::vector<BlockSpan>(8, {0, 4}));
  std::set<std::uint32_t> calm, spread;
  Client still(""), moving("spread = 0.2");
  for (int i = 0; i < 100; ++i) {
    calm.insert(still.chosen(swarm));
    spread.insert(moving.chosen(swarm));
  }
  EXPECT_EQ(calm.size(), 1u);
  EXPECT_EQ(spread.size(), 8u);
}

TEST(AgeModel, FindsTheHazardOfExponentialLifetimes) {
  std::vector<double> ages_s;
  for (int i = 0; i < 2001; ++i) ages_s.push_back(-600 * std::log((i + 0.5) / 2001));
  const AgeModel model(ages_s);
  for (double age_s : {0.0, 100.0, 5000.0}) EXPECT_NEAR(model.losses(age_s, 60), 0.1, 0.002);
}

// Lomax sessions with S(a) = (1 + a / c)^-(k + 1) have ages with the distribution 1 - (1 + a / c)^-k.
TEST(AgeModel, FindsTheTailOfHeavyLifetimes) {
  for (const double k : {0.7, 1.5, 3.0}) {
    const double c = 900;
    std::vector<double> ages_s;
    for (int i = 0; i < 4001; ++i) ages_s.push_back(c * (std::pow((i + 0.5) / 4001, -1 / k) - 1));
    const AgeModel model(ages_s);
    for (double age_s : {0.0, 300.0, 20000.0}) {
      const double expected = (k + 1) * std::log((c + age_s + 120) / (c + age_s));
      EXPECT_NEAR(model.losses(age_s, 120), expected, 0.01 * expected) << k << ", " << age_s;
    }
  }
}

TEST(AgeModel, IsDefinedForEverySwarm) {
  EXPECT_EQ(AgeModel({}).losses(5, 100), 0);
  for (const std::vector<double>& ages_s : {std::vector<double>{0}, {0, 0, 0}, {7}, {1e9, 1e9}, {0, 0, 0, 1e9, 1e9}}) {
    const double losses = AgeModel(ages_s).losses(0, 100);
    EXPECT_TRUE(std::isfinite(losses) && losses >= 0);
  }
}

}  // namespace
}  // namespace orrery::sim::routing
