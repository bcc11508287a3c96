#include "sim/routing/hindsight.hpp"

// What the clairvoyant knows, and what a choice is worth beside its own.

#include <map>

#include <gtest/gtest.h>

#include "tests/sim/routing/chains.hpp"

namespace orrery::sim::routing {
namespace {

constexpr HindsightPrices prices{.loss_s = 12, .refusal_s = 5};

// Every node stays for ever but these, which leave after so many seconds.
RoutingView true_view(const tests::Swarm& swarm, std::map<std::uint32_t, double> leaving = {}) {
  RoutingView view = near_view(swarm);
  view.serves_until = [leaving = std::move(leaving), now = swarm.now](NodeId node) {
    const auto found = leaving.find(node.index());
    return found == leaving.end() ? Time::never() : now + Duration::from_seconds(found->second);
  };
  return view;
}

RouteRequest generation(const tests::Swarm& swarm, Tokens prompt, Tokens output) {
  RouteRequest request = whole(swarm, prompt + output);
  request.prompt = prompt;
  request.output = output;
  return request;
}

TEST(Hindsight, AvoidsWhoWillLeaveBeforeTheEnd) {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}});
  swarm.nodes[1].inference_rps = 90;
  const RouteRequest request = generation(swarm, 10, 99);  // 100 passes of 40 ms and 20 ms on the way: 6 s
  const auto chosen = [&](double leaves_s) {
    return best_in_hindsight(request, true_view(swarm, {{0, leaves_s}}), prices).outcome.route.at(0).node.index();
  };
  EXPECT_EQ(chosen(100), 0u);
  EXPECT_EQ(chosen(3), 1u);
}

TEST(Hindsight, KnowsWhatStepsTakeNow) {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}});
  swarm.nodes[0].block_latency_s = 0.05;
  const RouteRequest request = generation(swarm, 10, 99);
  EXPECT_EQ(best_in_hindsight(request, true_view(swarm), prices).outcome.route.at(0).node, NodeId(0)) << "idle again";
  swarm.nodes[0].sessions = 1;
  EXPECT_EQ(best_in_hindsight(request, true_view(swarm), prices).outcome.route.at(0).node, NodeId(1));
}

TEST(Hindsight, RegretIsTheDifferenceOfCompletionTimes) {
  tests::Swarm swarm = announcing(4, {{0, 4}, {0, 4}});
  swarm.nodes[1].inference_rps = 50;  // 100 passes through 4 blocks: 4 s more; the prompt is free here
  for (NodeView& node : swarm.nodes) node.throughput = 1e12;
  const RouteRequest request = generation(swarm, 10, 99);
  const RoutingView view = true_view(swarm);
  const Hindsight best = best_in_hindsight(request, view, prices);
  EXPECT_EQ(regret_s(best, best.outcome.route, request, view, prices), 0);
  EXPECT_NEAR(regret_s(best, {{NodeId(1), {0, 4}}}, request, view, prices), 4, 1e-6);
  EXPECT_EQ(regret_s(best, {{NodeId(7), {0, 4}}}, request, view, prices), 5) << "who is gone costs a refusal";
}

TEST(Hindsight, NoPolicyBeatsItOnItsOwnTerms) {
  Draw draw(1, Stream::test, 90);
  int compared = 0;
  for (int i = 0; i < 100; ++i) {
    const tests::Swarm swarm = tests::random_swarm(draw, 14, 8);
    const RoutingView view = tests::routing_view(swarm, 0, 0);
    const RouteRequest request = generation(swarm, 100, 50);
    const Hindsight best = best_in_hindsight(request, view, prices);
    if (!best.outcome) continue;
    EXPECT_EQ(route_with("clairvoyant", request, view).route, best.outcome.route);
    for (const char* policy : {"petals", "random", "foresight", "least_loaded"}) {
      const double regret = regret_s(best, route_with(policy, request, view).route, request, view, prices);
      EXPECT_GE(regret, 0) << policy;
      compared += regret > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 50);
}

}  // namespace
}  // namespace orrery::sim::routing
