// Which positions freivalds has opened: different ones, all of them where there are no more.
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/verification/bytes.hpp"
#include "sim/verification/policy.hpp"
#include "tests/policies/tapes.hpp"

namespace orrery::sim::verification {
namespace {

std::unique_ptr<VerificationPolicy> freivalds(int openings) {
  const auto root = config::parse_toml(
      "[verification]\npolicy = \"freivalds\"\nopenings = " + std::to_string(openings) + "\n", "test.toml");
  return config::Registry<VerificationPolicy>::instance()
      .make(*root.find("verification"), "verification", "none")
      .policy;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> asked(int openings, const execution::Trace& verifier,
                                                           std::uint32_t claim) {
  const Message question = freivalds(openings)->ask({}, verifier, Draw(3, Stream::verification, claim));
  std::vector<std::pair<std::uint32_t, std::uint32_t>> list;
  ByteReader in(question);
  for (std::uint32_t block = 0, row = 0; in.get(block) && in.get(row);) list.emplace_back(block, row);
  EXPECT_TRUE(in.done());
  return list;
}

TEST(Openings, AreDifferentOnesAndEachIsAsLikely) {
  tests::TapeMaker tapes;
  const auto tape = tapes.generate({}, 4);
  const int all = tape->blocks().size() * tape->rows();
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> times;
  constexpr int claims = 3000, openings = 8;
  for (std::uint32_t claim = 0; claim < claims; ++claim) {
    const auto list = asked(openings, *tape, claim);
    ASSERT_EQ(list.size(), openings);
    EXPECT_EQ((std::set(list.begin(), list.end()).size()), list.size());
    for (const auto& place : list) ++times[place];
  }
  EXPECT_EQ(static_cast<int>(times.size()), all);
  const double mean = static_cast<double>(claims) * openings / all;
  for (const auto& [place, count] : times)
    EXPECT_NEAR(count, mean, 5 * std::sqrt(mean)) << place.first << ' ' << place.second;
}

TEST(Openings, AreNoMoreThanThereArePositions) {
  tests::TapeMaker tapes;
  const auto tape = tapes.generate({}, 4);
  const auto all = static_cast<std::size_t>(tape->blocks().size() * tape->rows());
  EXPECT_EQ(asked(4096, *tape, 1).size(), all);
}

TEST(Openings, AreNoMoreForWhoeverAsksTwice) {
  tests::TapeMaker tapes;
  const auto tape = tapes.generate({}, 4);
  const auto policy = freivalds(4096);
  const execution::Dialogue said = tests::talk(*policy, *tape, *tape, Draw(3, Stream::verification, 1));
  execution::Dialogue greedy{said.commitment, {said.questions[0]}, {}};
  greedy.questions[0].insert(greedy.questions[0].end(), said.questions[0].begin(), said.questions[0].end());
  EXPECT_EQ(policy->answer(greedy, *tape).size(), said.answers[0].size());
}

// Every product is right, and the text is another one.
TEST(Openings, OfAnotherTextAreRejectedWhereTheFirstBlockIsOpened) {
  tests::TapeMaker tapes;
  const auto asked = tapes.generate({}, 4), other = tapes.generate({}, 4, Weights::full, 12345);
  ASSERT_FALSE(std::equal(asked->tokens().begin(), asked->tokens().end() - 1, other->tokens().begin()));
  const auto policy = freivalds(4096);
  const Draw draw(3, Stream::verification, 1);
  EXPECT_LT(policy->judge(tests::talk(*policy, *asked, *asked, draw), *asked, draw).score, 1e-3);
  const execution::Judgement found = policy->judge(tests::talk(*policy, *other, *asked, draw), *asked, draw);
  EXPECT_TRUE(std::isinf(found.score));
  EXPECT_FALSE(found.malformed);
}

}  // namespace
}  // namespace orrery::sim::verification
