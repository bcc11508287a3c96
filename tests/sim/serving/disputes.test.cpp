// Audits that do not end with a vote: a referee decides, evidence is none, nobody shows any.
#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::audited;
using tests::metrics_of;
using tests::mix;
using tests::policy;
using tests::ranks;
using tests::scenario;

using Metrics = std::map<std::string, double>;

// Empty on ranks that do not simulate.
Metrics metrics(const std::string& toml) { return metrics_of(run(scenario(toml), ranks())); }

struct Mode {
  const char* name;
  int requests;
};
class Disputes : public testing::TestWithParam<Mode> {
 protected:
  Metrics of(const std::string& verification, const std::string& members) const {
    const auto [mode, requests] = GetParam();
    return metrics(audited(mode, requests, policy(verification, "verifiers = 3\n") + mix(members)));
  }
};

TEST_P(Disputes, OneHonestChallengerOfThreeIsEnough) {
  const std::string most_look_away = "int4 = 0.3, lazy_verifier = 0.7";
  const auto refereed = of("refereed", most_look_away), voted = of("toploc", most_look_away);
  if (refereed.empty()) return;
  ASSERT_GT(refereed.at("cheated_claims"), 3);
  // Both see the same in the numbers; who is outvoted there opens a dispute here.
  EXPECT_GT(refereed.at("detection_rate"), voted.at("detection_rate") + 0.25);
  EXPECT_GT(refereed.at("audits_disputed"), 0);
  EXPECT_EQ(refereed.at("false_rejections"), 0);
  EXPECT_EQ(voted.at("audits_disputed"), 0);
}

TEST_P(Disputes, WhoAccusesFalselyLosesBeforeAReferee) {
  const std::string griefers = "honest = 0.3, griefer = 0.7";
  const auto refereed = of("refereed", griefers), voted = of("toploc", griefers);
  if (refereed.empty()) return;
  const int requests = GetParam().requests;
  EXPECT_GT(voted.at("false_rejection_rate"), 0.5);
  EXPECT_EQ(refereed.at("false_rejections"), 0);
  EXPECT_GT(refereed.at("audits_disputed"), 0.8 * requests);
  EXPECT_GT(refereed.at("votes_outvoted"), 1.4 * requests) << "the accusers stand in the record as wrong";
}

INSTANTIATE_TEST_SUITE_P(Modes, Disputes, testing::Values(Mode{"model", 60}, Mode{"real", 20}),
                         [](const auto& named) { return std::string(named.param.name); });

// Zeros instead of a commitment and answers: protocols that parse what they are sent call it what it is.
TEST(Evidence, OfZerosIsRejectedAndCounted) {
  for (const char* name : {"toploc", "freivalds", "refereed", "tee"}) {
    const auto m = metrics(audited("real", 8, policy(name) + mix("honest = 0.5, null_proof = 0.5")));
    if (m.empty()) continue;  // this rank simulates nothing, and takes part in the next run
    ASSERT_GT(m.at("cheated_claims"), 1) << name;
    ASSERT_LT(m.at("cheated_claims"), 8) << name;
    EXPECT_EQ(m.at("detection_rate"), 1) << name;
    EXPECT_EQ(m.at("audits_malformed"), m.at("cheated_claims")) << name;
  }
}

TEST(Evidence, ThatNobodyShowsIsWhatTheRulesSay) {
  const std::string churn =
      "lifetime = \"exponential\"\nlifetime_mean_s = 60\nabsence_mean_s = 60\n"
      "announce_period_s = 5\nview_refresh_s = 5\n";
  const auto with = [&churn](const std::string& silence) {
    const std::string rules = "[audit]\nsilence = \"" + silence + "\"\n";
    return metrics(audited("model", 100, policy("toploc") + rules, churn, 12, 16));
  };
  const auto forgiven = with("unfinished"), punished = with("rejected");
  if (forgiven.empty()) return;
  EXPECT_GT(forgiven.at("audits_silent"), 3);
  EXPECT_EQ(forgiven.at("audits_rejected"), 0);
  EXPECT_GT(forgiven.at("audits_unfinished"), 3);
  EXPECT_GT(punished.at("audits_rejected"), 3) << "honest nodes that left: the price of the rule";
  EXPECT_EQ(punished.at("audits_rejected"), punished.at("false_rejections"));
}

}  // namespace
}  // namespace orrery::sim::serving
