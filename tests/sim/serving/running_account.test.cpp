// What the auditor knows of nodes before anybody is paid.
#include "sim/serving/running_account.hpp"

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"

namespace orrery::sim::serving {
namespace {

Time at(double s) { return Time::from_seconds(s); }

std::unique_ptr<incentive::IncentivePolicy> policy(const std::string& lines) {
  const config::Value root = config::parse_toml("[incentive]\n" + lines, "test.toml");
  return config::Registry<incentive::IncentivePolicy>::instance()
      .make(*root.find("incentive"), "incentive", "none")
      .policy;
}
const ledger::LedgerParams& books() {
  static const ledger::LedgerParams params = [] {
    ledger::LedgerParams p;
    p.deposit = 100;
    p.epoch_s = 60;
    return p;
  }();
  return params;
}
ClaimBody claim(std::uint32_t request) {
  return {.request = RequestId(request),
          .prompt = 20,
          .rows = 31,
          .reward_coins = 1.2,
          .seconds = 3,
          .parts = {{NodeId(0), 0, {0, 6}}, {NodeId(1), 1, {6, 12}}}};
}
// Of the second node's part.
AuditCase audit(std::uint32_t request, Voted said) {
  static const auto majority = config::Registry<verification::VerificationPolicy>::instance().make("toploc");
  ClaimBody part = claim(request);
  part.parts.erase(part.parts.begin());
  AuditCase c(part, at(1), at(6), 1);
  c.fill({NodeId(2)}, 0, at(6), at(100));
  c.hear(NodeId(2), said, true, 0.5);
  c.conclude(*majority, at(12));
  return c;
}

constexpr const char* assay = "policy = \"assay\"\nslashing = \"each\"\nslash = 20.0\naudit_tax = 0.0";

TEST(RunningAccount, SlashesAndForgetsAtTheEndOfAnEpochAndNotBefore) {
  const auto rule = policy(assay);
  RunningAccount account(*rule, books(), 3, 1, 1);
  account.audit_over(audit(0, Voted::rejected), 0.1);
  account.claim_over(claim(0));
  account.close_block(at(54));
  EXPECT_EQ(account.claimant(NodeId(1), 1.2).stake, micro_coins(100));
  account.close_block(at(60));
  EXPECT_EQ(account.claimant(NodeId(1), 1.2).stake, micro_coins(80));
  EXPECT_EQ(account.claimant(NodeId(0), 1.2).stake, micro_coins(100));
  EXPECT_EQ(account.claimant(NodeId(0), 1.2).reward, micro_coins(1.2));
  account.close_block(at(120));
  EXPECT_EQ(account.claimant(NodeId(1), 1.2).stake, micro_coins(80)) << "it is settled once";
  account.new_name(NodeId(1), at(130));
  EXPECT_EQ(account.claimant(NodeId(1), 1.2).stake, micro_coins(100));
  account.audit_over(audit(1, Voted::rejected), 0.1);
  account.claim_over(claim(1));
  account.close_block(at(180));
  EXPECT_EQ(account.claimant(NodeId(1), 1.2).stake, micro_coins(100)) << "that claim was another name's";
}

TEST(RunningAccount, AClaimWaitsForItsAudits) {
  const auto rule = policy(assay);
  RunningAccount account(*rule, books(), 3, 1, 1);
  account.audit_over(audit(0, Voted::rejected), 0.1);  // another audit of the request is open
  account.close_block(at(60));
  EXPECT_EQ(account.claimant(NodeId(1), 1.2).stake, micro_coins(100));
  account.claim_over(claim(0));
  account.close_block(at(120));
  EXPECT_EQ(account.claimant(NodeId(1), 1.2).stake, micro_coins(80));
}

TEST(RunningAccount, AReputationIsWhatVerdictsProveSoFar) {
  const auto rule = policy(assay);
  RunningAccount account(*rule, books(), 3, 1, 1);
  for (std::uint32_t r = 0; r < 30; ++r) {
    account.audit_over(audit(r, Voted::rejected), 0.1);
    account.claim_over(claim(r));
  }
  account.close_block(at(60));
  const incentive::Claimant cheat = account.claimant(NodeId(1), 1.2), honest = account.claimant(NodeId(0), 1.2);
  EXPECT_LT(cheat.standing.reputation, 0.5);
  EXPECT_EQ(honest.standing.reputation, 1);
  EXPECT_EQ(cheat.stake, 0) << "thirty times twenty";
  EXPECT_GT(*rule->audit_rate(cheat), 5 * *rule->audit_rate(honest));
}

}  // namespace
}  // namespace orrery::sim::serving
