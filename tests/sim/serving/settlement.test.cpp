// Coins of a run: what users paid is what nodes got, what was burned, or what is left.
#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::churn;
using tests::metrics_of;
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

}  // namespace
}  // namespace orrery::sim::serving
