#include "sim/sharding/policy.hpp"

// What holds for every sharding policy, on swarms of every shape.

#include <cmath>

#include <gtest/gtest.h>

#include "sim/rebalancing/policy.hpp"
#include "tests/policies/views.hpp"

namespace orrery::sim::sharding {
namespace {

using tests::Swarm;
using Registry = config::Registry<ShardingPolicy>;

// All that a policy decides about a swarm.
struct Decisions {
  std::vector<BlockSpan> placed;
  std::vector<BlockSpan> joined;  // per node, as if it had just come
  friend bool operator==(const Decisions&, const Decisions&) = default;
};

Decisions decide(const ShardingPolicy& policy, const Swarm& swarm, std::uint64_t index, std::size_t nodes) {
  Draw draw(1, Stream::test, 0, index);
  Decisions all;
  all.placed = policy.place(swarm.view(), draw);
  for (std::size_t i = 0; i < nodes; ++i) {
    Swarm arriving = swarm;
    arriving.nodes[i].span = {};
    all.joined.push_back(policy.join(arriving.view(), i, draw));
  }
  return all;
}

Decisions decide(const ShardingPolicy& policy, const Swarm& swarm, std::uint64_t index = 0) {
  return decide(policy, swarm, index, swarm.nodes.size());
}

void expect_fits(BlockSpan span, const Swarm& swarm, std::size_t i) {
  if (span.empty()) return;
  EXPECT_GE(span.begin, 0) << "node " << i;
  EXPECT_LE(span.end, swarm.blocks) << "node " << i;
  EXPECT_LE(span.size(), swarm.nodes[i].max_blocks) << "node " << i;
}

void expect_valid(const Decisions& all, const Swarm& swarm) {
  ASSERT_EQ(all.placed.size(), swarm.nodes.size());
  for (std::size_t i = 0; i < swarm.nodes.size(); ++i) {
    expect_fits(all.placed[i], swarm, i);
    expect_fits(all.joined[i], swarm, i);
  }
}

class Sharding : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<ShardingPolicy> policy_ = Registry::instance().make(GetParam());
  std::vector<Swarm> swarms_ = tests::fuzz_swarms(60, 1);
};

TEST_P(Sharding, SpansFitModelAndMemory) {
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    for (std::uint64_t index : {0, 1000, 77777}) expect_valid(decide(*policy_, swarm, index), swarm);
  }
}

TEST_P(Sharding, SameInputSameDecision) {
  const auto twin = Registry::instance().make(GetParam());
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    const Decisions first = decide(*policy_, swarm);
    EXPECT_EQ(first, decide(*policy_, swarm)) << "no memory of earlier calls";
    EXPECT_EQ(first, decide(*twin, swarm)) << "no memory in the object";
  }
}

TEST_P(Sharding, NamesAndDatesDoNotMatter) {
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    const Decisions here = decide(*policy_, swarm);
    EXPECT_EQ(here, decide(*policy_, tests::renamed(swarm, 1000)));
    EXPECT_EQ(here, decide(*policy_, tests::later(swarm, Duration::from_seconds(3600))));
  }
}

TEST_P(Sharding, NodesWithoutRoomChangeNothing) {
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    const Swarm crowd = tests::with_bystanders(swarm, 3);
    Draw alone(1, Stream::test, 0);
    Draw among(1, Stream::test, 0);
    std::vector<BlockSpan> placed = policy_->place(crowd.view(), among);
    ASSERT_EQ(placed.size(), crowd.nodes.size());
    for (std::size_t i = swarm.nodes.size(); i < placed.size(); ++i) EXPECT_TRUE(placed[i].empty());
    placed.resize(swarm.nodes.size());
    EXPECT_EQ(placed, policy_->place(swarm.view(), alone));
    const Decisions before = decide(*policy_, swarm);
    const Decisions after = decide(*policy_, crowd, 0, swarm.nodes.size());
    EXPECT_EQ(before.joined, after.joined);
  }
}

TEST_P(Sharding, WholePlacementIgnoresWhatIsAnnounced) {
  for (const Swarm& swarm : swarms_) {
    SCOPED_TRACE(swarm.what);
    Swarm blank = swarm;
    for (NodeView& node : blank.nodes) node.span = {};
    Draw a(1, Stream::test, 0);
    Draw b(1, Stream::test, 0);
    EXPECT_EQ(policy_->place(swarm.view(), a), policy_->place(blank.view(), b));
  }
}

TEST_P(Sharding, WaitsAreNeverNegative) {
  Draw draw(3, Stream::test, 0);
  for (int i = 0; i < 200; ++i) {
    const double delay = policy_->join_delay_s(draw);
    EXPECT_GE(delay, 0);
    EXPECT_TRUE(std::isfinite(delay));
  }
}

TEST_P(Sharding, CompanionExists) {
  EXPECT_NE(config::Registry<rebalancing::RebalancingPolicy>::instance().make(policy_->rebalancing()), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Every, Sharding, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace orrery::sim::sharding
