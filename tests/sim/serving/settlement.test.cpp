// Coins of a run: what users paid is what nodes got, what was burned, or what is left.
#include <cmath>

#include <gtest/gtest.h>

#include "sim/behaviour/policy.hpp"
#include "tests/sim/serving/played.hpp"

namespace orrery::sim::serving {
namespace {

using tests::audited;
using tests::churn;
using tests::metric_of;
using tests::metrics_of;
using tests::Played;
using tests::ranks;
using tests::scenario;

std::map<std::string, double> settled(const std::string& policy) {
  return metrics_of(run(scenario(churn("model") + "[incentive]\n" + policy +
                                 "\n[ledger]\nepoch_s = 60.0\nblock_time_s = 5.0\ninput_price = 1000.0\noutput_price = "
                                 "4000.0\ncommunity_tax = 0.1\n"),
                        ranks()));
}

TEST(Settlement, WhatUsersPayGoesToNodesButForTheTax) {
  if (ranks().rank() > 0) {
    settled("policy = \"volume\"");
    return;
  }
  const auto m = settled("policy = \"volume\"");
  const double charged = (1000 * 24 + 4000 * 20) * 20 * 1e-6;  // 20 requests of 24 tokens and 20 generated ones
  EXPECT_NEAR(m.at("coins_charged"), charged, 1e-4);
  EXPECT_NEAR(m.at("coins_paid"), 0.9 * charged, 1e-4);
  EXPECT_NEAR(m.at("coins_pool"), 0, 1e-4);
  EXPECT_EQ(m.at("coins_slashed"), 0);
  EXPECT_GT(m.at("income_gini"), 0);
  EXPECT_GE(m.at("payment_delay_p50"), 0);
  EXPECT_LE(m.at("payment_delay_p99"), 5) << "one block";
  EXPECT_GT(m.at("price_of_tokens"), 1e6 * charged / 400);
}

TEST(Settlement, VolunteersArePaidNothingAndReputationSplitsTheFee) {
  const auto nobody = settled("policy = \"none\"");
  const auto nesa = settled("policy = \"nesa\"\nblame = \"shard\"");
  if (ranks().rank() > 0) return;
  EXPECT_EQ(nobody.at("coins_paid"), 0);
  EXPECT_NEAR(nobody.at("coins_pool"), 0.9 * nobody.at("coins_charged"), 1e-4);
  EXPECT_GE(nesa.at("coins_paid"), 0.6 * 0.9 * nesa.at("coins_charged") - 1e-4);
  EXPECT_LE(nesa.at("coins_paid"), 0.8 * 0.9 * nesa.at("coins_charged") + 1e-4);
}

TEST(Settlement, ClientsThatCannotPayMakeAFailedRun) {
  const std::string poor = churn("model") + "[ledger]\nuser_funds = 0.0\n";
  if (ranks().rank() > 0) {
    run(scenario(poor), ranks());
    return;
  }
  EXPECT_THROW(run(scenario(poor), ranks()), RunError);
}

// Four stages a request; half of the nodes bill twice what they did.
std::string billed(const std::string& incentive, const std::string& failover) {
  return audited("model", 40,
                 "[behaviour]\npolicy = \"mix\"\nmembers = { honest = 0.5, work_inflation = 0.5 }\nsettings = { "
                 "work_inflation = { factor = 2.0 } }\n[failover]\npolicy = \"" +
                     failover + "\"\n[ledger]\nepoch_s = 1e6\noutput_price = 4000.0\n[incentive]\n" + incentive,
                 {}, 3);
}

std::vector<RequestRecord> without_bills(std::vector<RequestRecord> records) {
  for (RequestRecord& record : records) {
    for (incentive::Leg& part : record.parts) part.surplus = 0;
  }
  return records;
}

// By node, as the client counted it and as it was billed [block x token].
struct Work {
  std::vector<double> done, claimed;
};
Work work_of(const Played& played) {
  const std::size_t nodes = played.cast.nodes().size();
  Work work{std::vector<double>(nodes), std::vector<double>(nodes)};
  for (const RequestRecord& record : played.records) {
    for (const incentive::Leg& part : record.parts) {
      work.done[part.node.index()] += part.blocks.size() * static_cast<double>(part.tokens);
      work.claimed[part.node.index()] += part.blocks.size() * part.claimed_tokens();
    }
  }
  return work;
}

TEST(Settlement, AnInflatedBillIsPaidWhereClaimedVolumeIs) {
  if (ranks().rank() > 0) return;
  for (const char* failover : {"replay", "restart"}) {
    SCOPED_TRACE(failover);
    const Played played(billed("policy = \"volume\"", failover));
    const Work work = work_of(played);
    const Settled settled = played.settled();
    double all = 0, pay = 0;
    int inflators = 0;
    for (std::size_t i = 0; i < work.done.size(); ++i) {
      all += work.claimed[i];
      pay += static_cast<double>(settled.income[i]);
      const bool inflates =
          !played.given.behaviour.policy->role(NodeId(static_cast<std::uint32_t>(i))).serves_honestly();
      inflators += inflates && work.done[i] > 0;
      EXPECT_DOUBLE_EQ(work.claimed[i], (inflates ? 2 : 1) * work.done[i]) << "node " << i;
    }
    EXPECT_GT(inflators, 2);
    EXPECT_DOUBLE_EQ(metric_of(settled, "block_tokens_claimed"), all);
    for (std::size_t i = 0; i < work.done.size(); ++i)
      EXPECT_NEAR(static_cast<double>(settled.income[i]), pay * work.claimed[i] / all, 2)
          << "to a millionth, node " << i;
  }
}

TEST(Settlement, AnInflatedBillIsNothingWhereVerdictsArePaid) {
  if (ranks().rank() > 0) return;
  for (const char* policy : {"policy = \"assay\"\nslashing = \"each\"\nslash = 10.0", "policy = \"posp\""}) {
    SCOPED_TRACE(policy);
    const Played played(billed(policy, "replay"));
    const Settled paid = played.settled();
    EXPECT_EQ(paid.income, played.settled(without_bills(played.records)).income);
    EXPECT_GT(metric_of(paid, "coins_paid"), 0);
  }
  const Played volume(billed("policy = \"volume\"", "replay"));
  EXPECT_NE(volume.settled().income, volume.settled(without_bills(volume.records)).income);
}

std::string washed(const std::string& ledger) {
  return audited("model", 120,
                 "[verification]\npolicy = \"toploc\"\nrate = 1.0\n[behaviour]\npolicy = \"mix\"\nmembers = { honest = "
                 "0.5, whitewasher = 0.5 }\n[incentive]\npolicy = \"posp\"\nchallenge_rate = 1.0\nslash = 5.0\n"
                 "[ledger]\nepoch_s = 60.0\nblock_time_s = 5.0\n" +
                     ledger);
}

// A verdict comes after the name that it is about was left behind: what is left of that name's deposit is all there is.
TEST(Settlement, AVerdictFindsTheOldNameWhileItsDepositUnbonds) {
  if (ranks().rank() > 0) return;
  const Played locked(washed("unbonding_s = 1e6\n")), free(washed("unbonding_s = 0.0\n"));
  const Played between(washed("unbonding_s = 30.0\n"));
  const auto rejected = [](const Played& played) {
    double sum = 0;
    for (const RequestRecord& record : played.records) {
      for (const Audited& a : record.audits) sum += a.audit.verdict == incentive::Verdict::rejected;
    }
    return sum;
  };
  ASSERT_GT(rejected(locked), 20);
  ASSERT_EQ(rejected(locked), rejected(free)) << "coins change nothing in how it was served";
  EXPECT_NEAR(metric_of(locked.settled(), "coins_slashed"), 5 * rejected(locked), 1e-6) << "nobody escapes";
  EXPECT_LT(metric_of(free.settled(), "coins_slashed"), 0.2 * 5 * rejected(free)) << "new names owe nothing";
  EXPECT_GT(metric_of(between.settled(), "coins_slashed"), metric_of(free.settled(), "coins_slashed"));
  EXPECT_LT(metric_of(between.settled(), "coins_slashed"), metric_of(locked.settled(), "coins_slashed"));
  EXPECT_GT(metric_of(locked.settled(), "capital_locked"), metric_of(free.settled(), "capital_locked"));
}

// The same verdict, a second before the old name's deposit is free and at that second.
TEST(Settlement, ALateVerdictIsInTimeUntilThePeriodIsOver) {
  if (ranks().rank() > 0) return;
  const Played played(washed("unbonding_s = 1000.0\n"));
  const auto slashed = [&played](double late_s) {
    std::vector<RequestRecord> told = played.records;
    const Time late = played.end + Duration::from_seconds(late_s);
    for (RequestRecord& record : told) {
      for (Audited& a : record.audits) a.at = late;
    }
    return metric_of(played.settled(told), "coins_slashed");
  };
  const double in_time = slashed(100), too_late = slashed(2000);
  EXPECT_GT(in_time, 100);
  EXPECT_LE(too_late, 5 * 20 * 12) << "only names that are still in use";
  EXPECT_LT(too_late, 0.5 * in_time);
}

TEST(Settlement, ANewNameCostsItsOwner) {
  if (ranks().rank() > 0) return;
  const auto cheap = metrics_of(run(scenario(washed("")), Context()));
  const auto dear = metrics_of(run(scenario(washed("identity_fee = 2.0\n")), Context()));
  ASSERT_GT(cheap.at("names_taken"), 10);
  EXPECT_EQ(cheap.at("names_taken"), dear.at("names_taken"));
  EXPECT_EQ(cheap.at("identity_fees"), 0);
  EXPECT_NEAR(dear.at("identity_fees"), 2 * dear.at("names_taken"), 1e-6);
  EXPECT_NEAR(cheap.at("cheat_profit") - dear.at("cheat_profit"),
              dear.at("identity_fees") / dear.at("nodes_that_cheated"), 1e-6);
  EXPECT_EQ(cheap.at("honest_profit"), dear.at("honest_profit"));
  EXPECT_NEAR(cheap.at("capital_locked"), 100 * (12 + cheap.at("names_taken")), 100)
      << "21 days are longer than the run";
}

}  // namespace
}  // namespace orrery::sim::serving
