#include "sim/flow.hpp"

// Flows of placements, and the planners that are about them.

#include <algorithm>
#include <map>
#include <queue>

#include <gtest/gtest.h>

#include "tests/sim/config/message.hpp"
#include "tests/sim/sharding/planned.hpp"
#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::sharding {
namespace {

using Spans = std::vector<BlockSpan>;

// Edmonds and Karp on the network as flow.hpp describes it.
double naive_flow(const SwarmView& view, const Spans& spans) {
  const Estimates& e = estimates(view);
  std::map<std::pair<int, int>, double> left;
  const int n = static_cast<int>(spans.size());
  const int source = 2 * n, sink = 2 * n + 1;
  const auto id = [&view](int i) { return view.nodes[static_cast<std::size_t>(i)].node; };
  for (int i = 0; i < n; ++i) {
    const BlockSpan s = spans[static_cast<std::size_t>(i)];
    if (s.empty()) continue;
    left[{2 * i, 2 * i + 1}] = e.tokens_per_s(view.nodes[static_cast<std::size_t>(i)], s);
    if (s.begin == 0) left[{source, 2 * i}] = e.link_tokens_per_s(NodeId(), id(i));
    if (s.end == view.blocks) left[{2 * i + 1, sink}] = e.link_tokens_per_s(id(i), NodeId());
    for (int j = 0; j < n; ++j) {
      if (spans[static_cast<std::size_t>(j)].contains(s.end))
        left[{2 * i + 1, 2 * j}] = e.link_tokens_per_s(id(i), id(j));
    }
  }
  double flow = 0;
  for (;;) {
    std::map<int, int> parent{{source, source}};
    std::queue<int> open;
    for (open.push(source); !open.empty(); open.pop()) {
      for (int to = 0; to < 2 * n + 2; ++to) {
        if (!parent.contains(to) && left[{open.front(), to}] > 1e-9) {
          parent[to] = open.front();
          open.push(to);
        }
      }
    }
    if (!parent.contains(sink)) return flow;
    double most = 1e18;
    for (int v = sink; v != source; v = parent[v]) most = std::min(most, left[{parent[v], v}]);
    for (int v = sink; v != source; v = parent[v]) {
      left[{parent[v], v}] -= most;
      left[{v, parent[v]}] += most;
    }
    flow += most;
  }
}

TEST(Flow, IsTheMaximumAndKeepsWhatComesIn) {
  Draw draw(1, Stream::test, 700);
  for (int i = 0; i < 40; ++i) {
    const tests::Planned plan =
        tests::random_plan(draw, 1 + static_cast<int>(draw.below(8)), 1 + static_cast<int>(draw.below(6)), i % 2 == 0);
    const SwarmView view = plan.view();
    const Spans spans = make_sharding("policy = \"petals\"")->place(view, draw);
    const PlacementFlow flow = max_flow(view, spans);
    EXPECT_NEAR(flow.tokens_per_s, naive_flow(view, spans), 1e-3) << "case " << i;
    EXPECT_EQ(flow.tokens_per_s, max_flow_value(view, spans));
    std::map<int, double> balance;
    for (const FlowArc& arc : flow.arcs) {
      EXPECT_LE(arc.flow, arc.capacity + 1e-6);
      balance[arc.from] -= arc.flow;
      balance[arc.to] += arc.flow;
    }
    for (const auto& [node, sum] : balance) EXPECT_NEAR(sum, 0, 1e-6) << "node " << node;
  }
}

TEST(Helix, CarriesAtLeastWhatItStartedFrom) {
  Draw draw(1, Stream::test, 701);
  int better = 0;
  for (int i = 0; i < 12; ++i) {
    const tests::Planned plan = tests::random_plan(draw, 10, 8, false);
    const SwarmView view = plan.view();
    Draw own(1, Stream::test, 702);
    const double helix = max_flow_value(view, make_sharding("policy = \"helix\"")->place(view, own));
    double start = 0;
    for (const char* name : {"swarm", "petals"}) {
      start = std::max(start,
                       max_flow_value(view, make_sharding(std::string("policy = \"") + name + "\"")->place(view, own)));
    }
    EXPECT_GE(helix, start * 0.999);
    if (helix > start * 1.01) ++better;
  }
  EXPECT_GE(better, 8);
}

TEST(Swarm, FillsTheWeakestStageFirst) {
  tests::Swarm swarm = blank_swarm(6, {3, 3, 3, 3, 3});
  const std::vector<double> speeds = {100, 10, 50, 20, 10};
  for (std::size_t i = 0; i < speeds.size(); ++i) swarm.nodes[i].inference_rps = speeds[i];
  // 100 to the first stage, 50 to the second, 20 and the tens to the second until it has 90.
  EXPECT_EQ(place_all(*make_sharding("policy = \"swarm\""), swarm), (Spans{{0, 3}, {3, 6}, {3, 6}, {3, 6}, {3, 6}}));
  // A node too small for a stage is not what the stages are cut for if there are not enough nodes.
  EXPECT_EQ(place_all(*make_sharding("policy = \"swarm\""), blank_swarm(6, {1, 3, 3})),
            (Spans{{0, 1}, {0, 3}, {3, 6}}));
}

TEST(Parallax, InterleavesPipelines) {
  // The example of its authors: (40, 20, 10) twice rather than 40 and 30 once.
  const Spans spans = place_all(*make_sharding("policy = \"parallax\""), blank_swarm(70, {40, 40, 20, 20, 10, 10}));
  EXPECT_EQ(servers(70, spans), std::vector<int>(70, 2));
}

TEST(Bsns, StaysOnANodeWhileMovingCostsMore) {
  tests::Swarm swarm = blank_swarm(6, {4, 4, 4});
  swarm.nodes[1].inference_rps = 200;  // 5 ms a block against 10; a move costs 18
  EXPECT_EQ(place_all(*make_sharding("policy = \"bsns\""), swarm), (Spans{{4, 6}, {0, 4}, {0, 4}}));
  EXPECT_EQ(place_all(*make_sharding("policy = \"bsns\"\nserialisation = 0"), blank_swarm(4, {3, 3, 1})),
            (Spans{{0, 3}, {3, 4}, {0, 1}}));
}

TEST(Fixed, SaysWhatIsWrongWithAPlacement) {
  const auto fails = [](const std::string& spans) {
    return config::tests::message_of([&] {
      place_all(*make_sharding("policy = \"fixed\"\nspans = [" + spans + "]"), blank_swarm(4, {2, 2}));
    });
  };
  EXPECT_EQ(place_all(*make_sharding(
                          "policy = \"fixed\"\nspans = [{ node = 1, begin = 0, end = 2 }, { node = 0, begin = 2, end "
                          "= 4 }]"),
                      blank_swarm(4, {2, 2})),
            (Spans{{2, 4}, {0, 2}}));
  EXPECT_NE(fails("{ node = 0, begin = 0, end = 2 }").find("nobody serves block 2"), std::string::npos);
  EXPECT_NE(fails("{ node = 0, begin = 0, end = 3 }").find("does not fit"), std::string::npos);
  EXPECT_NE(fails("{ node = 0, begin = 3, end = 5 }").find("beyond the model"), std::string::npos);
  EXPECT_NE(fails("{ node = 0, begin = 2, end = 2 }").find("is empty"), std::string::npos);
  EXPECT_NE(fails("{ node = 0, begin = 0, end = 2 }, { node = 0, begin = 2, end = 4 }").find("two lines"),
            std::string::npos);
}

}  // namespace
}  // namespace orrery::sim::sharding
