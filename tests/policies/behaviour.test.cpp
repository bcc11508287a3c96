#include "sim/behaviour/policy.hpp"

// What holds for every behaviour, and what honest means.

#include <gtest/gtest.h>

namespace orrery::sim::behaviour {
namespace {

using Registry = config::Registry<BehaviourPolicy>;

std::vector<Assignment> assignments() {
  std::vector<Assignment> all = {{NodeId(0), RequestId(0), {0, 1}, 0, 1}};
  Draw draw(31, Stream::test, 0);
  for (int i = 0; i < 200; ++i) {
    const int begin = static_cast<int>(draw.below(70));
    const int size = 1 + static_cast<int>(draw.below(10));
    all.push_back({NodeId(static_cast<std::uint32_t>(draw.below(50))),
                   RequestId(static_cast<std::uint32_t>(i)),
                   {begin, begin + size},
                   static_cast<Tokens>(draw.below(2000)),
                   1 + static_cast<Tokens>(draw.below(8))});
  }
  return all;
}

class Behaviour : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<BehaviourPolicy> policy_ = Registry::instance().make(GetParam());
};

TEST_P(Behaviour, RunsOnlyWhatItWasAssigned) {
  for (const Assignment& assignment : assignments()) {
    for (std::uint64_t index : {0, 17, 1618}) {
      Draw draw(1, Stream::behaviour, 0, index);
      const BlockSpan run = policy_->act(assignment, draw).blocks;
      if (run.empty()) continue;
      EXPECT_GE(run.begin, assignment.blocks.begin);
      EXPECT_LE(run.end, assignment.blocks.end);
    }
  }
}

TEST_P(Behaviour, SameAssignmentSameConductUnderAnyName) {
  const auto twin = Registry::instance().make(GetParam());
  for (Assignment assignment : assignments()) {
    Draw a(1, Stream::behaviour, 0);
    Draw b = a;
    Draw c = a;
    const BlockSpan run = policy_->act(assignment, a).blocks;
    EXPECT_EQ(run, twin->act(assignment, b).blocks);
    assignment.node = NodeId(assignment.node.index() + 500);
    EXPECT_EQ(run, policy_->act(assignment, c).blocks);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Behaviour, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

TEST(Honest, RunsEveryBlock) {
  const auto honest = Registry::instance().make("honest");
  Draw draw(1, Stream::behaviour, 0);
  for (const Assignment& assignment : assignments()) EXPECT_EQ(honest->act(assignment, draw).blocks, assignment.blocks);
}

}  // namespace
}  // namespace orrery::sim::behaviour
