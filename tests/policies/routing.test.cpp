#include "sim/routing/policy.hpp"

// What holds for every routing policy, on swarms of every shape.

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/policies/views.hpp"

namespace orrery::sim::routing {
namespace {

using tests::Swarm;
using Registry = config::Registry<RoutingPolicy>;

constexpr std::uint64_t no_bans = 0;
constexpr std::uint64_t some_bans = 0b0110'0100'1010'0001'0011;

// The whole model, and parts of it as a failure would leave them.
std::vector<RouteRequest> requests(const Swarm& swarm) {
  std::vector<RouteRequest> all = {{.span = {0, swarm.blocks}, .cache_tokens = 512, .before = {}, .after = {}}};
  const int middle = swarm.blocks / 2;
  if (swarm.blocks < 2 || swarm.nodes.empty()) return all;
  all.push_back({{middle, swarm.blocks}, 64, swarm.nodes.front().node, {}});
  all.push_back({{0, middle}, 8192, {}, swarm.nodes.back().node});
  all.push_back({.span = {0, swarm.blocks}, .cache_tokens = 512, .before = {}, .after = {}, .prefix = {7, 100}});
  all.push_back({{middle, middle + 1}, 0, swarm.nodes.front().node, swarm.nodes.back().node});
  return all;
}

RouteRequest renamed(RouteRequest request, std::uint32_t shift) {
  if (request.before) request.before = NodeId(request.before.index() + shift);
  if (request.after) request.after = NodeId(request.after.index() + shift);
  return request;
}

Route renamed(Route route, std::uint32_t shift) {
  for (Hop& hop : route) hop.node = NodeId(hop.node.index() + shift);
  return route;
}

// The first block of `span` that none of the nodes serves for which `counts` holds, or span.end.
template <class Counts>
int first_uncovered(const Swarm& swarm, BlockSpan span, Counts counts) {
  for (int b = span.begin; b < span.end; ++b) {
    const auto serves = [&](const NodeView& node) { return node.span.contains(b) && counts(node.node); };
    if (std::none_of(swarm.nodes.begin(), swarm.nodes.end(), serves)) return b;
  }
  return span.end;
}

Swarm with_memory(Swarm swarm) {
  for (NodeView& node : swarm.nodes) node.cache_left = Tokens{1} << 40;
  return swarm;
}

class Routing : public testing::TestWithParam<std::string> {
 protected:
  RouteOutcome route(const RouteRequest& request, const RoutingView& view, std::uint64_t index = 0) const {
    RoutingMemory memory;
    return route(request, view, memory, index);
  }
  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory& memory,
                     std::uint64_t index = 0) const {
    Draw draw(1, Stream::test, 0, index);
    return policy_->route(request, view, memory, draw);
  }
  // Calls check(swarm, request, bans) over all swarms, their requests, without and with bans.
  template <class Check>
  void for_all(Check check) const {
    for (const Swarm& swarm : swarms_) {
      for (const RouteRequest& request : requests(swarm)) {
        for (std::uint64_t bans : {no_bans, some_bans, ~no_bans}) {
          SCOPED_TRACE(swarm.what + ", blocks " + std::to_string(request.span.begin) + " to " +
                       std::to_string(request.span.end) + ", bans " + std::to_string(bans));
          check(swarm, request, bans);
        }
      }
    }
  }

  std::unique_ptr<RoutingPolicy> policy_ = Registry::instance().make(GetParam());
  std::vector<Swarm> swarms_ = tests::fuzz_swarms(150, 2);
};

TEST_P(Routing, CoversTheRequestOrSaysWhatIsMissing) {
  int found = 0;
  int missing = 0;
  for_all([&](const Swarm& swarm, const RouteRequest& request, std::uint64_t bans) {
    const int gap = first_uncovered(swarm, request.span, [](NodeId) { return true; });
    for (std::uint64_t index : {0, 500, 90210}) {
      RouteOutcome outcome = route(request, tests::routing_view(swarm, 0, bans), index);
      if (gap == request.span.end && outcome.reason.find("KV memory") != std::string::npos) {
        // It may wait for memory, if that is truly what is short.
        outcome = route(request, tests::routing_view(with_memory(swarm), 0, bans), index);
      }
      if (gap < request.span.end) {
        EXPECT_FALSE(outcome);
        EXPECT_TRUE(outcome.route.empty());
        EXPECT_TRUE(outcome.reason.ends_with("block " + std::to_string(gap))) << outcome.reason;
        ++missing;
      } else {
        EXPECT_TRUE(outcome) << outcome.reason;
        EXPECT_TRUE(covers(outcome.route, request.span, swarm.view()));
        ++found;
      }
    }
  });
  EXPECT_GT(found, 500) << "the swarms exercise both ends";
  EXPECT_GT(missing, 500);
}

TEST_P(Routing, AvoidsTheBannedWhereItCan) {
  int avoidable = 0;
  for_all([&](const Swarm& swarm, const RouteRequest& request, std::uint64_t bans) {
    const RoutingView view = tests::routing_view(swarm, 0, bans);
    const auto free = [&view](NodeId node) { return !view.banned(node); };
    if (first_uncovered(swarm, request.span, free) < request.span.end) return;
    const RouteOutcome outcome = route(request, view);
    for (const Hop& hop : outcome.route) EXPECT_TRUE(free(hop.node));
    if (bans == some_bans) ++avoidable;
  });
  EXPECT_GT(avoidable, 20);
}

TEST_P(Routing, SameInputSameDecision) {
  const auto twin = Registry::instance().make(GetParam());
  for_all([&](const Swarm& swarm, const RouteRequest& request, std::uint64_t bans) {
    const RoutingView view = tests::routing_view(swarm, 0, bans);
    const Route first = route(request, view).route;
    EXPECT_EQ(first, route(request, view).route) << "no memory of earlier calls";
    Draw draw(1, Stream::test, 0);
    RoutingMemory memory;
    EXPECT_EQ(first, twin->route(request, view, memory, draw).route) << "no memory in the object";
  });
}

// What a client may have seen before: legs on nodes that are gone by now as well as on those of the view.
std::vector<Observation> history(const Swarm& swarm, Draw& draw) {
  using What = Observation::What;
  std::vector<Observation> all;
  for (int i = 0; i < 40; ++i) {
    Observation o{
        .what = What::opened, .hop = {NodeId(static_cast<std::uint32_t>(draw.below(90))), {0, 1}}, .before = {}};
    if (!swarm.nodes.empty() && draw.below(2) == 0) {
      const NodeView& node = swarm.nodes[draw.below(swarm.nodes.size())];
      if (!node.span.empty()) o.hop = {node.node, node.span};
    }
    o.at = swarm.now - Duration::from_seconds(400 - 10 * i);
    if (draw.below(5) == 0) {
      o.what = What::refused;
      all.push_back(o);
      continue;
    }
    o.tokens = 128;
    all.push_back(o);
    for (std::uint64_t steps = draw.below(6); steps > 0; --steps) {
      Observation step = o;
      step.what = What::step;
      step.tokens = 1;
      step.seconds = draw.exponential(0.2);
      step.at_node_s = 0.5 * step.seconds;
      all.push_back(step);
    }
    Observation end = o;
    end.what = draw.below(3) == 0 ? What::lost : What::closed;
    if (draw.below(4) != 0) all.push_back(end);  // or the leg is still open
  }
  return all;
}

TEST_P(Routing, WhateverWasSeenTheRouteCoversAndDependsOnTheMemoryAlone) {
  Draw draw(3, Stream::test, 1);
  for_all([&](const Swarm& swarm, const RouteRequest& request, std::uint64_t bans) {
    RoutingMemory memory;
    for (const Observation& seen : history(swarm, draw)) policy_->observe(seen, memory);
    RoutingMemory copy = memory;
    const RoutingView view = tests::routing_view(swarm, 0, bans);
    // Several decisions in a row: each may change the memory, and does so alike.
    for (std::uint64_t index = 0; index < 3; ++index) {
      const RouteOutcome outcome = route(request, view, memory, index);
      EXPECT_EQ(outcome.route, route(request, view, copy, index).route);
      if (outcome) {
        EXPECT_TRUE(covers(outcome.route, request.span, swarm.view()));
      }
    }
  });
}

TEST_P(Routing, NamesAndDatesDoNotMatter) {
  for_all([&](const Swarm& swarm, const RouteRequest& request, std::uint64_t bans) {
    if (request.prefix) return;  // where such requests meet may depend on names: that is how clients agree
    const Route here = route(request, tests::routing_view(swarm, 0, bans)).route;
    const Swarm other = tests::renamed(swarm, 3000);
    EXPECT_EQ(renamed(here, 3000), route(renamed(request, 3000), tests::routing_view(other, 3000, bans)).route);
    const Swarm after = tests::later(swarm, Duration::from_seconds(3600));
    EXPECT_EQ(here, route(request, tests::routing_view(after, 0, bans)).route);
  });
}

TEST_P(Routing, NodesThatServeNothingChangeNothing) {
  for_all([&](const Swarm& swarm, const RouteRequest& request, std::uint64_t bans) {
    const Swarm crowd = tests::with_bystanders(swarm, 3);
    EXPECT_EQ(route(request, tests::routing_view(swarm, 0, bans)).route,
              route(request, tests::routing_view(crowd, 0, bans)).route);
  });
}

TEST_P(Routing, ASecondChainCoversTheRequestToo) {
  int asked = 0;
  for_all([&](const Swarm& swarm, const RouteRequest& request, std::uint64_t bans) {
    if (bans != no_bans) return;
    RoutingMemory memory;
    const RoutingView view = tests::routing_view(swarm, 0, bans);
    const RouteOutcome first = route(request, view, memory);
    if (!first) return;
    Draw draw(1, Stream::test, 0);
    const RouteOutcome second = policy_->hedge(request, view, memory, draw, first.route);
    if (!second) return;
    ++asked;
    EXPECT_TRUE(covers(second.route, request.span, swarm.view()));
  });
  RoutingMemory memory;
  EXPECT_FALSE(policy_->patience_s({.span = {0, 1}, .cache_tokens = 0, .before = {}, .after = {}}, memory))
      << "nobody is late before there is a past";
  EXPECT_EQ(asked > 0, GetParam() == "hedged");
}

INSTANTIATE_TEST_SUITE_P(Every, Routing, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace orrery::sim::routing
