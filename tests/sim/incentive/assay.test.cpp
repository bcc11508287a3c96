// What sets assay apart: blame by shard, an audit rate from the detector, a slash that waits for evidence.
#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

std::unique_ptr<IncentivePolicy> make(const std::string& name, const std::string& lines) {
  const auto root = config::parse_toml("[incentive]\npolicy = \"" + name + "\"\n" + lines, "test.toml");
  return config::Registry<IncentivePolicy>::instance().make(*root.find("incentive"), "incentive", "none").policy;
}

// A pipeline of four nodes that share a fee of four coins; the third one's claim is rejected.
Epoch pipeline(MicroCoins stake) {
  Epoch epoch;
  epoch.requests = {{.request = RequestId(0), .leg_count = 4, .output = 1, .seconds = 1, .fee = 4'000'000}};
  epoch.fees = 4'000'000;
  for (std::uint32_t n = 0; n < 4; ++n) {
    const int block = static_cast<int>(n);
    epoch.accounts.push_back({.node = NodeId(n), .block_tokens = 10, .uptime_s = 1, .stake = stake});
    epoch.legs.push_back({NodeId(n), {block, block + 1}, 10, false});
  }
  epoch.accounts[2].rejected = 1;
  epoch.audits = {{.request = RequestId(0), .executor = NodeId(2), .blocks = {2, 3}, .verdict = Verdict::rejected}};
  return epoch;
}

Settlement settle(const IncentivePolicy& policy, const Epoch& epoch, const State& state = {}) {
  Draw draw(1, Stream::incentive, 0);
  Settlement s = policy.settle(epoch, known(state, epoch, policy), draw);
  checked_pool(epoch, s);
  return s;
}

TEST(Assay, OneRejectedShardCostsNobodyElse) {
  const auto assay = make("assay", "slashing = \"each\"\nslash = 20.0\naudit_tax = 0.0");
  const Settlement s = settle(*assay, pipeline(50'000'000));
  EXPECT_EQ(s.pay, (std::vector<MicroCoins>{1'000'000, 1'000'000, 0, 1'000'000}));
  EXPECT_EQ(s.slash, (std::vector<MicroCoins>{0, 0, 20'000'000, 0}));
}

TEST(Assay, TheRateIsTheLeastThatDetersAndABetterDetectorNeedsLess) {
  const auto rate = [](const std::string& lines, MicroCoins stake) {
    const auto assay =
        make("assay", "slashing = \"each\"\nmargin = 0.0\nslash = 20.0\nsaving_share = 0.8333333\n" + lines);
    return *assay->audit_rate({1'200'000, stake, {}});
  };
  EXPECT_NEAR(rate("tpr = 0.95\nfpr = 0.01", 50'000'000), 0.05018, 1e-5);
  EXPECT_NEAR(rate("tpr = 0.95\nfpr = 0.01", 5'000'000), 1 / (0.94 * 6.2), 1e-5) << "what is not staked cannot be lost";
  EXPECT_LT(rate("tpr = 0.99\nfpr = 0.001", 50'000'000), rate("tpr = 0.6\nfpr = 0.05", 50'000'000));
}

TEST(Assay, WhoIsPaidLessIsLookedAtMore) {
  const auto rate = [](const std::string& lines, double reputation) {
    const auto assay =
        make("assay", "slashing = \"each\"\nmargin = 0.0\nslash = 2.0\nsaving_share = 0.8333333\n" + lines);
    return *assay->audit_rate({1'200'000, 50'000'000, {reputation, 0}});
  };
  EXPECT_NEAR(rate("tpr = 0.95\nfpr = 0.01", 1), 1 / (0.94 * 3.2), 1e-5);
  EXPECT_NEAR(rate("tpr = 0.95\nfpr = 0.01", 0.25), 1 / (0.94 * 2.3), 1e-5) << "a quarter of the pay can be lost";
  EXPECT_EQ(rate("weigh_by_correctness = false", 0.25), rate("weigh_by_correctness = false", 1));
}

TEST(Assay, EvidenceSlashesAtTheThresholdAndStartsAnew) {
  const auto assay = make("assay", "tpr = 0.9\nfpr = 0.1\nfalse_slash = 0.001\nslash = 20.0");
  Epoch epoch = pipeline(50'000'000);
  State state;
  int epochs = 0;
  for (Settlement s; epochs < 20; ++epochs) {
    s = settle(*assay, epoch, state);
    state = s.next;
    EXPECT_EQ(s.slash[0], 0);
    if (s.slash[2] > 0) break;
  }
  // Against a certain cheat each rejection multiplies the evidence by nine, of which a quarter counts at first.
  EXPECT_EQ(epochs + 1, 4) << "9^4 / 4 > 1000 > 9^3 / 4";
  EXPECT_EQ(state.nodes[2].evidence, 0);
  EXPECT_LT(state.nodes[2].reputation, 1);
  EXPECT_EQ(settle(*assay, epoch, state).slash[2], 0);
}

TEST(Assay, ADetectorThatCannotWorkIsRefused) {
  EXPECT_THROW(make("assay", "tpr = 0.1\nfpr = 0.1"), InputError);
  EXPECT_THROW(make("assay", "slashing = \"each\"\ntpr = 0.6\nfpr = 0.15"), InputError);
  EXPECT_NO_THROW(make("assay", "slashing = \"sequential\"\ntpr = 0.6\nfpr = 0.15"));
}

TEST(Nesa, WrongAnswersInTimeRaiseReputationUnlessValidated) {
  Epoch epoch = pipeline(0);
  EXPECT_GT(settle(*make("nesa", ""), epoch).next.nodes[2].reputation, 1);
  EXPECT_LT(settle(*make("nesa", "validation_enabled = true\nblame = \"shard\""), epoch).next.nodes[2].reputation, 1);
  EXPECT_GT(settle(*make("nesa", "validation_enabled = true\nblame = \"shard\""), epoch).next.nodes[1].reputation, 1);
  EXPECT_LT(settle(*make("nesa", "validation_enabled = true"), epoch).next.nodes[1].reputation, 1)
      << "the chain is blamed";
}

TEST(Nesa, TheFeeSplitFollowsThePublishedSigmoid) {
  const auto nesa = make("nesa", "reward_multiplier = 1.0");
  Epoch epoch = pipeline(0);
  const auto share = [&](double reputation) {
    const State state{{4, Standing{reputation, 0}}, {}};
    return coins(settle(*nesa, epoch, state).pay[0]);
  };
  EXPECT_NEAR(share(1), 0.60, 1e-4);
  EXPECT_NEAR(share(2), 0.60 + 0.20 * 0.258, 1e-4);
  EXPECT_NEAR(share(10), 0.60 + 0.20 * 0.989, 1e-4);
  EXPECT_NEAR(share(0.5), 0.60, 1e-4);
}

}  // namespace
}  // namespace orrery::sim::incentive
