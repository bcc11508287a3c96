#include "sim/verification/policy.hpp"

// What holds for every verification policy, over traces of a real model.

#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "tests/policies/tapes.hpp"

namespace orrery::sim::verification {
namespace {

using Registry = config::Registry<VerificationPolicy>;
using tests::TapeMaker;

std::vector<Claim> claims() {
  std::vector<Claim> all = {{NodeId(0), RequestId(0), {0, 1}, 0, 1, 0}};
  Draw draw(11, Stream::test, 0);
  for (int i = 0; i < 200; ++i) {
    const int begin = static_cast<int>(draw.below(70));
    const int size = 1 + static_cast<int>(draw.below(10));
    all.push_back({NodeId(static_cast<std::uint32_t>(draw.below(50))),
                   RequestId(static_cast<std::uint32_t>(i)),
                   {begin, begin + size},
                   static_cast<Tokens>(draw.below(2000)),
                   1 + static_cast<Tokens>(draw.below(8)),
                   static_cast<Tokens>(draw.below(500))});
  }
  return all;
}

bool is_cost_model(const std::string& name) { return name == "zk" || name == "mpc" || name == "fhe"; }

class Verification : public testing::TestWithParam<std::string> {
 protected:
  static TapeMaker& tapes() {
    static TapeMaker maker;
    return maker;
  }
  std::unique_ptr<VerificationPolicy> policy_ = Registry::instance().make(GetParam());
};

TEST_P(Verification, AuditsAreCountedAndRepeatable) {
  for (const Claim& claim : claims()) {
    for (std::uint64_t index : {0, 9, 4711}) {
      for (const History& history : {History{}, History{.audits = 30, .consecutive_valid = 30}}) {
        Draw a(5, Stream::verification, 1, index);
        Draw b = a;
        const int asked = policy_->select(claim, history, a).recomputations;
        EXPECT_GE(asked, 0);
        EXPECT_EQ(asked, policy_->select(claim, history, b).recomputations);
        EXPECT_EQ(a.index(), b.index());
      }
    }
  }
}

TEST_P(Verification, WhomItAuditsDoesNotHangOnNames) {
  for (Claim claim : claims()) {
    Draw a(5, Stream::verification, 1);
    Draw b = a;
    const int asked = policy_->select(claim, {}, a).recomputations;
    claim.executor = NodeId(claim.executor.index() + 1000);
    EXPECT_EQ(asked, policy_->select(claim, {}, b).recomputations);
  }
}

TEST_P(Verification, NobodyLookedNoVerdict) {
  EXPECT_EQ(policy_->conclude({}), Finding::unchecked);
  const std::vector<Finding> absent(3, Finding::unchecked);
  EXPECT_EQ(policy_->conclude(absent), Finding::unchecked);
  const std::vector<Finding> all(3, Finding::accepted), none(3, Finding::rejected);
  EXPECT_EQ(policy_->conclude(all), Finding::accepted);
  EXPECT_EQ(policy_->conclude(none), Finding::rejected);
}

TEST_P(Verification, CostsAreStatedAndGrowWithTheClaim) {
  const Shape small{
      .blocks = 4, .hidden = 128, .widest = 2000, .vocab = 1024, .prompt = 32, .rows = 64, .parameters = 1e6};
  Shape large = small;
  large.rows = 640;
  large.blocks = 40;
  large.parameters = 1e7;
  const Cost a = policy_->cost(small), b = policy_->cost(large);
  for (const Cost& c : {a, b}) {
    EXPECT_GE(c.slowdown, 1);
    EXPECT_GE(c.prove_s, 0);
    EXPECT_GE(c.evidence.value(), 0);
    EXPECT_GE(c.dialogue.value(), 0);
    EXPECT_EQ(c.rounds > 0, c.dialogue.value() > 0);
    EXPECT_GE(c.passes, 0);
  }
  EXPECT_LE(a.prove_s, b.prove_s);
  EXPECT_LE(a.evidence, b.evidence);
  EXPECT_FALSE(policy_->detector().empty());
}

TEST_P(Verification, AnHonestTwinIsNeverRejectedAndBytesAreAsStated) {
  if (is_cost_model(GetParam())) GTEST_SKIP() << "a cost model makes no proof";
  const Weights agreed = policy_->needs().value_or(Weights::full);
  const auto executor = tapes().generate({.honest = {.weights = agreed}}, 40, agreed);
  const auto verifier = tapes().prefill(*executor, {.weights = agreed});
  const Draw draw(17, Stream::verification, 3);
  const execution::Dialogue said = tests::talk(*policy_, *executor, *verifier, draw);
  const execution::Judgement j = policy_->judge(said, *verifier, draw);
  EXPECT_FALSE(j.malformed);
  EXPECT_EQ(decide(*policy_, j, policy_->threshold().value_or(5e-3)), Finding::accepted) << j.score;
  const auto& c = verifier->config();
  const Cost cost = policy_->cost({.blocks = c.layers,
                                   .hidden = c.hidden,
                                   .widest = 4 * c.hidden + 2 * c.query_cols() + 2 * c.kv_cols() + 3 * c.ffn,
                                   .vocab = c.vocab,
                                   .prompt = TapeMaker::prompt,
                                   .rows = verifier->rows(),
                                   .parameters = static_cast<double>(c.block_parameters()) * c.layers});
  EXPECT_EQ(static_cast<double>(said.commitment.size()), cost.evidence.value());
  double bytes = 0;
  for (const auto& m : said.questions) bytes += static_cast<double>(m.size());
  for (const auto& m : said.answers) bytes += static_cast<double>(m.size());
  EXPECT_EQ(bytes, cost.dialogue.value());
  EXPECT_EQ(static_cast<int>(said.questions.size()), cost.rounds);
}

TEST_P(Verification, NoiseIsRejected) {
  if (is_cost_model(GetParam()) || GetParam() == "none") GTEST_SKIP() << "looks at nothing";
  const auto executor = tapes().generate({.output = execution::Output::noise}, 40);
  const auto verifier = tapes().prefill(*executor);
  const Draw draw(18, Stream::verification, 3);
  const execution::Judgement j = policy_->judge(tests::talk(*policy_, *executor, *verifier, draw), *verifier, draw);
  // Of a score without a threshold: an honest twin is within 0.005 (above).
  EXPECT_EQ(decide(*policy_, j, policy_->threshold().value_or(0.02)), Finding::rejected) << j.score;
}

TEST_P(Verification, JudgementsAreRepeatable) {
  if (is_cost_model(GetParam())) GTEST_SKIP() << "makes no judgement";
  const auto twin = Registry::instance().make(GetParam());
  const auto executor = tapes().generate({.cheap = {.weights = Weights::int4}, .cheap_from = 0}, 12);
  const auto verifier = tapes().prefill(*executor);
  const Draw draw(21, Stream::verification, 3);
  const execution::Dialogue said = tests::talk(*policy_, *executor, *verifier, draw);
  const execution::Dialogue again = tests::talk(*twin, *executor, *verifier, draw);
  EXPECT_EQ(said.commitment, again.commitment);
  EXPECT_EQ(said.answers, again.answers);
  EXPECT_EQ(policy_->judge(said, *verifier, draw).score, twin->judge(again, *verifier, draw).score);
}

TEST_P(Verification, NobodyEvadesUnlessSomethingIsSaidToBeOut) {
  for (std::uint32_t node = 0; node < 200; ++node) EXPECT_FALSE(policy_->evades(NodeId(node)));
}

config::Made<VerificationPolicy> chosen(const std::string& lines) {
  const config::Value root = config::parse_toml("[verification]\n" + lines, "test.toml");
  return Registry::instance().make(*root.find("verification"), "verification", "none");
}

TEST(Thresholds, CalibratedOnesCanBeGivenByHand) {
  for (const std::string name : {"toploc", "activation_difr", "redundancy", "cdv", "freivalds", "token_difr"}) {
    const auto usual = chosen("policy = \"" + name + "\"\n");
    const auto own = chosen("policy = \"" + name + "\"\nthreshold = 0.125\n");
    EXPECT_TRUE(usual.policy->takes_threshold() && own.policy->takes_threshold()) << name;
    EXPECT_EQ(usual.policy->threshold(), std::nullopt) << name;
    EXPECT_EQ(own.policy->threshold(), 0.125) << name;
  }
  for (const std::string name : {"hash_challenge", "sampling", "refereed", "tee", "zk", "none"})
    EXPECT_FALSE(chosen("policy = \"" + name + "\"\n").policy->takes_threshold()) << name;
}

// What is said of a node is what its messages show.
TEST(Enclave, WhoHoldsTheKeyEvades) {
  TapeMaker tapes;
  const auto made = chosen("policy = \"tee\"\ncompromised = 0.5\n");
  const VerificationPolicy& tee = *made.policy;
  const auto executor = tapes.generate({.cheap = {.weights = Weights::int4}, .cheap_from = 0}, 4);
  const auto verifier = tapes.prefill(*executor);
  const Draw draw(23, Stream::verification, 3);
  int evaded = 0;
  for (std::uint32_t node = 0; node < 60; ++node) {
    executor->set_operator(node);
    const execution::Judgement j = tee.judge(tests::talk(tee, *executor, *verifier, draw), *verifier, draw);
    EXPECT_EQ(decide(tee, j, 0.5) == Finding::accepted, tee.evades(NodeId(node))) << node;
    evaded += tee.evades(NodeId(node)) ? 1 : 0;
  }
  EXPECT_GT(evaded, 15);
  EXPECT_LT(evaded, 45);
}

INSTANTIATE_TEST_SUITE_P(Every, Verification, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace orrery::sim::verification
