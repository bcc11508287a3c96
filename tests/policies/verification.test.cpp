#include "sim/verification/policy.hpp"

// What holds for every verification policy.

#include <vector>

#include <gtest/gtest.h>

namespace orrery::sim::verification {
namespace {

using Registry = config::Registry<VerificationPolicy>;

std::vector<Claim> claims() {
  std::vector<Claim> all = {{NodeId(0), RequestId(0), {0, 1}, 0, 1}};
  Draw draw(11, Stream::test, 0);
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

std::vector<float> rows(Tokens count, int hidden, Draw& draw) {
  std::vector<float> values(static_cast<std::size_t>(count) * hidden);
  for (float& v : values) v = static_cast<float>(draw.normal());
  return values;
}

class Verification : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<VerificationPolicy> policy_ = Registry::instance().make(GetParam());
};

TEST_P(Verification, AuditsAreCountedAndRepeatable) {
  for (const Claim& claim : claims()) {
    for (std::uint64_t index : {0, 9, 4711}) {
      Draw a(5, Stream::verification, 1, index);
      Draw b = a;
      const int asked = policy_->select(claim, a).recomputations;
      EXPECT_GE(asked, 0);
      EXPECT_EQ(asked, policy_->select(claim, b).recomputations);
      EXPECT_EQ(a.index(), b.index());
    }
  }
}

TEST_P(Verification, WhomItAuditsDoesNotHangOnNames) {
  for (Claim claim : claims()) {
    Draw a(5, Stream::verification, 1);
    Draw b = a;
    const int asked = policy_->select(claim, a).recomputations;
    claim.executor = NodeId(claim.executor.index() + 1000);
    EXPECT_EQ(asked, policy_->select(claim, b).recomputations);
  }
}

TEST_P(Verification, NoEvidenceNoVerdict) {
  Draw draw(12, Stream::test, 0);
  for (const Claim& claim : claims()) {
    EXPECT_EQ(policy_->judge(claim, rows(claim.count, 16, draw), {}), Finding::unchecked);
  }
}

TEST_P(Verification, EqualBitsAreNeverRejected) {
  Draw draw(13, Stream::test, 0);
  for (const Claim& claim : claims()) {
    const std::vector<float> output = rows(claim.count, 16, draw);
    std::vector<std::span<const float>> recomputed;
    for (int n = 1; n <= 3; ++n) {
      recomputed.emplace_back(output);
      EXPECT_NE(policy_->judge(claim, output, recomputed), Finding::rejected) << n << " recomputations";
    }
  }
}

TEST_P(Verification, VerdictsAreRepeatable) {
  const auto twin = Registry::instance().make(GetParam());
  Draw draw(14, Stream::test, 0);
  for (const Claim& claim : claims()) {
    const std::vector<float> output = rows(claim.count, 16, draw);
    const std::vector<float> other = rows(claim.count, 16, draw);
    const std::vector<std::span<const float>> recomputed = {other};
    const Finding finding = policy_->judge(claim, output, recomputed);
    EXPECT_EQ(finding, policy_->judge(claim, output, recomputed));
    EXPECT_EQ(finding, twin->judge(claim, output, recomputed));
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Verification, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace orrery::sim::verification
