#include "sim/behaviour/policy.hpp"

// What holds for every behaviour, and what some of them mean.

#include <map>

#include <gtest/gtest.h>

#include "sim/behaviour/cheats.hpp"
#include "sim/config/toml.hpp"

namespace orrery::sim::behaviour {
namespace {

using Registry = config::Registry<BehaviourPolicy>;

std::vector<Assignment> assignments() {
  std::vector<Assignment> all = {{NodeId(0), RequestId(0), {0, 1}, 0, 1, 1, {}}};
  Draw draw(31, Stream::test, 0);
  for (int i = 0; i < 200; ++i) {
    const int begin = static_cast<int>(draw.below(70));
    const int size = 1 + static_cast<int>(draw.below(10));
    all.push_back({NodeId(static_cast<std::uint32_t>(draw.below(50))),
                   RequestId(static_cast<std::uint32_t>(i)),
                   {begin, begin + size},
                   static_cast<Tokens>(draw.below(2000)),
                   1 + static_cast<Tokens>(draw.below(8)),
                   static_cast<Tokens>(draw.below(500)),
                   {}});
  }
  return all;
}

bool same(const Conduct& a, const Conduct& b) {
  return a.stage == b.stage && a.cheat == b.cheat && a.seed_shift == b.seed_shift &&
         a.temperature_factor == b.temperature_factor && a.claimed == b.claimed;
}

class Behaviour : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<BehaviourPolicy> policy_ = Registry::instance().make(GetParam());
};

TEST_P(Behaviour, SaysWhatItDoes) {
  for (const Assignment& assignment : assignments()) {
    Draw draw(1, Stream::behaviour, 0);
    const Conduct conduct = policy_->act(assignment, {.requests = 50}, nullptr, draw);
    EXPECT_FALSE(conduct.cheat.empty());
    EXPECT_GE(conduct.claimed, 1);
    if (cheats(conduct, assignment.blocks, true)) {
      EXPECT_NE(conduct.cheat, "honest");
    }
    EXPECT_EQ(conduct.stage.honest, assignment.honest) << "a node does not change its device";
  }
}

TEST_P(Behaviour, SameAssignmentSameConductUnderAnyName) {
  const auto twin = Registry::instance().make(GetParam());
  for (Assignment assignment : assignments()) {
    for (std::int64_t requests : {0, 9, 10, 11, 1000}) {
      Draw a(1, Stream::behaviour, 0);
      Draw b = a;
      Draw c = a;
      const Memory memory{.requests = requests};
      const Conduct conduct = policy_->act(assignment, memory, nullptr, a);
      EXPECT_TRUE(same(conduct, twin->act(assignment, memory, nullptr, b)));
      assignment.node = NodeId(assignment.node.index() + 500);
      EXPECT_TRUE(same(conduct, policy_->act(assignment, memory, nullptr, c)));
    }
  }
}

TEST_P(Behaviour, TestimonyIsRepeatable) {
  for (std::uint64_t index = 0; index < 50; ++index) {
    Draw a(2, Stream::behaviour, 7, index);
    Draw b = a;
    const Testimony x = policy_->testify({NodeId(1), NodeId(2), false}, a);
    const Testimony y = policy_->testify({NodeId(1), NodeId(2), false}, b);
    EXPECT_EQ(x.vote, y.vote);
    EXPECT_EQ(x.recomputes, y.recomputes);
    EXPECT_TRUE(x.recomputes || x.vote != Vote::as_found) << "who did not look has found nothing";
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Behaviour, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

std::unique_ptr<BehaviourPolicy> made(const std::string& lines) {
  const config::Value root = config::parse_toml("[behaviour]\n" + lines, "test.toml");
  return std::move(Registry::instance().make(*root.find("behaviour"), "behaviour", "honest").policy);
}

Conduct conduct_of(const BehaviourPolicy& policy, BlockSpan blocks, const Memory& memory = {},
                   const Odds* odds = nullptr) {
  Draw draw(1, Stream::behaviour, 0);
  return policy.act({NodeId(0), RequestId(0), blocks, 0, 1, 1, {}}, memory, odds, draw);
}

TEST(Behaviours, AMixGivesEveryNodeOnePartInExactShares) {
  const auto mix = made(
      "policy = \"mix\"\nmembers = { honest = 6, int4 = 3, griefer = 1 }\nsettings = { griefer = { accusations = 0.0 } "
      "}");
  int cheats = 0, honest = 0;
  for (std::uint32_t n = 0; n < 1000; ++n) {
    const BehaviourPolicy& role = mix->role(NodeId(n));
    const Conduct c = conduct_of(role, {0, 4});
    (c.cheat == "int4" ? cheats : honest) += 1;
    EXPECT_EQ(&role, &mix->role(NodeId(n)));
    Draw draw(1, Stream::behaviour, n);
    EXPECT_TRUE(role.testify({NodeId(n), NodeId(0), false}, draw).recomputes) << "this griefer has no accusations";
  }
  EXPECT_NEAR(cheats, 300, 3);
  EXPECT_EQ(cheats + honest, 1000);
}

TEST(Behaviours, AMixPlaysItsPartsNowAndThen) {
  const auto mix = made("policy = \"mix\"\nmembers = { int4 = 1 }\nrate = 0.25");
  int cheats = 0;
  for (std::uint64_t session = 0; session < 4000; ++session) {
    Draw a(1, Stream::behaviour, 0, session << 20);
    Draw b = a;
    const Assignment prefill{NodeId(0), RequestId(0), {0, 4}, 0, 16, 16, {}},
        step{NodeId(0), RequestId(0), {0, 4}, 16, 1, 16, {}};
    const Conduct c = mix->act(prefill, {}, nullptr, a);
    EXPECT_TRUE(same(c, mix->act(step, {}, nullptr, b))) << "a session is of one piece";
    cheats += c.cheat == "int4" ? 1 : 0;
  }
  EXPECT_NEAR(cheats, 1000, 4 * 27.4) << "four standard deviations";
}

TEST(Behaviours, HonestRunsEveryBlockWithItsOwnDevice) {
  const Conduct c = conduct_of(*made(""), {3, 9});
  EXPECT_FALSE(c.stage.cheats({3, 9}));
  EXPECT_EQ(saving(c.stage, {3, 9}), 0);
}

TEST(Behaviours, CheatsLeaveOutWhatTheySay) {
  const auto ran = [](const std::string& lines) {
    const Conduct c = conduct_of(*made(lines), {4, 12});
    int blocks = 0;
    for (int b = 4; b < 12; ++b) blocks += c.stage.runs({4, 12}, b) ? 1 : 0;
    return blocks;
  };
  EXPECT_EQ(ran("policy = \"random_output\""), 0);
  EXPECT_EQ(ran("policy = \"smaller_model\""), 4);
  EXPECT_EQ(ran("policy = \"smaller_model\"\nshare = 0.26"), 3);
  EXPECT_EQ(ran("policy = \"layer_skip\""), 6);
  EXPECT_EQ(ran("policy = \"int4\""), 8);
  const Conduct suffix = conduct_of(*made("policy = \"suffix_cheat\""), {4, 12});
  EXPECT_EQ(suffix.stage.arithmetic(9).weights, Weights::full);
  EXPECT_EQ(suffix.stage.arithmetic(10).weights, Weights::int4);
}

// The name of a conduct says what a node would do with more blocks; what it did with these is the cheat.
TEST(Behaviours, ACheatIsWhatWasDoneAndNotItsName) {
  const auto does = [](const std::string& lines, int blocks, bool samples = false) {
    const BlockSpan span{5, 5 + blocks};
    return cheats(conduct_of(*made("policy = \"" + lines), span), span, samples);
  };
  EXPECT_FALSE(does("layer_skip\"", 3));
  EXPECT_TRUE(does("layer_skip\"", 4));
  EXPECT_TRUE(does("layer_skip\"\nevery = 1", 1));
  EXPECT_FALSE(does("suffix_cheat\"", 3)) << "three quarters of three, rounded up";
  EXPECT_TRUE(does("suffix_cheat\"", 4));
  EXPECT_TRUE(does("suffix_cheat\"\nfrom = 0.0", 1));
  EXPECT_FALSE(does("smaller_model\"", 1));
  EXPECT_TRUE(does("smaller_model\"", 2));
  EXPECT_FALSE(does("cheap_decode\"", 1));
  EXPECT_TRUE(does("cheap_decode\"", 2));
  for (const std::string always : {"random_output", "int4", "int8", "fp8_kv", "work_inflation"})
    EXPECT_TRUE(does(always + "\"", 1)) << always;
  for (const std::string sampler : {"wrong_seed", "wrong_temperature"}) {
    EXPECT_TRUE(does(sampler + "\"", 12, true)) << sampler;
    EXPECT_FALSE(does(sampler + "\"", 3, false)) << sampler << " draws no tokens";
  }
  EXPECT_FALSE(does("work_inflation\"\nfactor = 1.0", 12, true));
  EXPECT_FALSE(does("exit_scam\"", 12, true)) << "not yet";
  EXPECT_FALSE(does("griefer\"", 12, true)) << "serves honestly";
}

TEST(Behaviours, CheatsOnASpanWhereABlockIsNotRunAsAgreed) {
  const execution::Conduct skips{.honest = {}, .cheap = {}, .pass_every = 3};
  const execution::Conduct stops{.honest = {}, .cheap = {}, .run_until = 6};
  const execution::Conduct cheapens{.honest = {}, .cheap = {.weights = Weights::int4}, .cheap_from = 6};
  const execution::Conduct same{.honest = {}, .cheap = {}, .cheap_from = 0};
  EXPECT_FALSE(skips.cheats({4, 6})) << "counted from the stage's first block";
  EXPECT_TRUE(skips.cheats({4, 7}));
  for (const auto& conduct : {stops, cheapens}) {
    EXPECT_FALSE(conduct.cheats({2, 6}));
    EXPECT_TRUE(conduct.cheats({2, 7}));
  }
  EXPECT_FALSE(same.cheats({0, 12})) << "the cheap numerics are its own";
}

TEST(Behaviours, AnExitScamSpendsWhatItBuilt) {
  const auto scam = made("policy = \"exit_scam\"\nrepents = true");
  EXPECT_EQ(conduct_of(*scam, {0, 4}, {.requests = 9, .since_rejection = 9}).cheat, "honest");
  EXPECT_EQ(conduct_of(*scam, {0, 4}, {.requests = 10, .since_rejection = 10}).cheat, "random_output");
  EXPECT_EQ(conduct_of(*scam, {0, 4}, {.requests = 40, .rejected = 1, .since_rejection = 3}).cheat, "honest");
}

TEST(Behaviours, AWhitewasherTakesANewNameWhenCaught) {
  const auto node = made("policy = \"whitewasher\"");
  EXPECT_FALSE(node->takes_new_name({.audits = 5}));
  EXPECT_TRUE(node->takes_new_name({.audits = 5, .rejected = 1}));
}

class Table final : public Odds {
 public:
  explicit Table(std::map<std::string, double, std::less<>> rates) : rates_(std::move(rates)) {}
  std::optional<double> caught(std::string_view behaviour) const override {
    const auto found = rates_.find(behaviour);
    return found == rates_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, double, std::less<>> rates_;
};

TEST(Behaviours, TheAdaptiveAttackerTakesWhatPays) {
  const auto attacker = made("policy = \"adaptive_attacker\"\nloss = 20");
  EXPECT_EQ(conduct_of(*attacker, {0, 8}).cheat, "random_output") << "nobody watches";
  const Table all(
      {{"random_output", 1}, {"smaller_model", 1}, {"int4", 1}, {"layer_skip", 1}, {"int8", 1}, {"fp8_kv", 1}});
  EXPECT_EQ(conduct_of(*attacker, {0, 8}, {}, &all).cheat, "honest");
  const Table lax({{"random_output", 1}, {"smaller_model", 1}, {"int4", 0.01}, {"layer_skip", 1}, {"int8", 0.0}});
  EXPECT_EQ(conduct_of(*attacker, {0, 8}, {}, &lax).cheat, "int4") << "0.69 - 0.2 is more than 0.44";
  const Table unmeasured({{"int8", 0.0}});
  EXPECT_EQ(conduct_of(*attacker, {0, 8}, {}, &unmeasured).cheat, "int8");
}

TEST(Behaviours, CliquesCoverTheirOwn) {
  const auto clique = made("policy = \"colluding_clique\"");
  Draw draw(3, Stream::behaviour, 0);
  EXPECT_TRUE(clique->colludes());
  EXPECT_EQ(clique->testify({NodeId(1), NodeId(2), true}, draw).vote, Vote::accept);
  EXPECT_TRUE(clique->testify({NodeId(1), NodeId(2), false}, draw).recomputes);
}

}  // namespace
}  // namespace orrery::sim::behaviour
