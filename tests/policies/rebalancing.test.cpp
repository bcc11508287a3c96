#include "sim/rebalancing/policy.hpp"

// What holds for every rebalancing policy, on swarms of every shape.

#include <gtest/gtest.h>

#include "tests/policies/views.hpp"

namespace orrery::sim::rebalancing {
namespace {

using tests::Swarm;
using Registry = config::Registry<RebalancingPolicy>;

// Per node that serves: the decision of a fresh node, and of one that has wished to move many times and held on long.
std::vector<Decision> decide(const RebalancingPolicy& policy, const Swarm& swarm, std::size_t nodes,
                             std::uint64_t index = 0) {
  Draw draw(1, Stream::test, 0, index);
  std::vector<Decision> all;
  for (std::size_t i = 0; i < nodes; ++i) {
    if (swarm.nodes[i].span.empty()) continue;
    for (const bool patient : {false, true}) {
      RebalancingView view;
      view.swarm = swarm.view();
      view.self = i;
      view.wishes = patient ? 1'000'000 : 0;
      view.served = Duration::from_seconds(patient ? 1e6 : 0);
      view.cached = patient ? 0 : 5000;
      view.reload_s = [](BlockSpan span) { return 10.0 * span.size(); };
      all.push_back(policy.decide(view, draw));
      if (all.back().kind != Decision::Kind::move) continue;
      const BlockSpan target = all.back().target;
      EXPECT_FALSE(target.empty()) << "node " << i << ": a server that moves keeps serving";
      EXPECT_NE(target, swarm.nodes[i].span) << "node " << i << ": a move leads elsewhere";
      EXPECT_TRUE(target.begin >= 0 && target.end <= swarm.blocks) << "node " << i;
      EXPECT_LE(target.size(), swarm.nodes[i].max_blocks) << "node " << i;
    }
  }
  return all;
}

class Rebalancing : public testing::TestWithParam<std::string> {
 protected:
  std::vector<Decision> decide(const Swarm& swarm, std::uint64_t index = 0) const {
    return rebalancing::decide(*policy_, swarm, swarm.nodes.size(), index);
  }
  std::unique_ptr<RebalancingPolicy> policy_ = Registry::instance().make(GetParam());
  std::vector<Swarm> swarms_ = tests::fuzz_swarms(60, 9);
};

TEST_P(Rebalancing, MovesFitModelAndMemory) {
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    for (std::uint64_t index : {0, 1000, 77777}) decide(swarm, index);
  }
}

TEST_P(Rebalancing, SameInputSameDecision) {
  const auto twin = Registry::instance().make(GetParam());
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    const auto first = decide(swarm);
    EXPECT_TRUE(first == decide(swarm)) << "no memory of earlier calls";
    EXPECT_TRUE(first == rebalancing::decide(*twin, swarm, swarm.nodes.size())) << "no memory in the object";
  }
}

TEST_P(Rebalancing, NamesAndDatesDoNotMatter) {
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    const auto here = decide(swarm);
    EXPECT_TRUE(here == decide(tests::renamed(swarm, 1000)));
    EXPECT_TRUE(here == decide(tests::later(swarm, Duration::from_seconds(3600))));
  }
}

TEST_P(Rebalancing, NodesWithoutRoomChangeNothing) {
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    const Swarm crowd = tests::with_bystanders(swarm, 3);
    EXPECT_TRUE(decide(swarm) == rebalancing::decide(*policy_, crowd, swarm.nodes.size()));
  }
}

TEST_P(Rebalancing, WaitsAreNeverNegative) {
  Draw draw(3, Stream::test, 0);
  for (int i = 0; i < 200; ++i) EXPECT_GE(policy_->period_s(draw), 0);
}

INSTANTIATE_TEST_SUITE_P(Every, Rebalancing, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace orrery::sim::rebalancing
