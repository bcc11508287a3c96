#include "sim/incentive/policy.hpp"

// What holds for every incentive policy: above all, coins are conserved.

#include <numeric>

#include <gtest/gtest.h>

#include "tests/policies/epochs.hpp"

namespace orrery::sim::incentive {
namespace {

using Registry = config::Registry<IncentivePolicy>;

void rename(Epoch& epoch, std::uint32_t shift) {
  const auto shifted = [shift](NodeId& node) { node = NodeId(node.index() + shift); };
  for (Account& a : epoch.accounts) shifted(a.node);
  for (Leg& l : epoch.legs) shifted(l.node);
  for (Audit& a : epoch.audits) shifted(a.executor);
  for (Vote& v : epoch.votes) shifted(v.auditor);
  for (Contribution& c : epoch.contributions) shifted(c.worker);
  for (Score& s : epoch.scores) {
    shifted(s.judge);
    shifted(s.judged);
  }
}

class Incentive : public testing::TestWithParam<std::string> {
 protected:
  Settlement settle(const Epoch& epoch, const State& state = {}, std::uint64_t index = 0) const {
    Draw draw(1, Stream::incentive, 0, index);
    return policy_->settle(epoch, known(state, epoch, *policy_), draw);
  }
  std::unique_ptr<IncentivePolicy> policy_ = Registry::instance().make(GetParam());
};

bool same(const State& a, const State& b) {
  const auto equal = [](const Standing& x, const Standing& y) {
    return x.reputation == y.reputation && x.evidence == y.evidence;
  };
  return a.shared == b.shared && std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(), equal);
}

TEST_P(Incentive, ConservesCoinsAndTakesNoMoreThanStakes) {
  for (const Epoch& epoch : tests::epochs()) {
    for (std::uint64_t index : {0, 31, 2718}) {
      const Settlement s = settle(epoch, {}, index);
      ASSERT_NO_THROW(checked_pool(epoch, s));
      MicroCoins sum = epoch.pool + epoch.fees + s.minted - s.burned - checked_pool(epoch, s);
      for (std::size_t i = 0; i < s.pay.size(); ++i) sum += s.slash[i] - s.pay[i];
      EXPECT_EQ(sum, 0);
    }
  }
}

// The state that one epoch leaves is one that the next can start from, however long that goes on.
TEST_P(Incentive, GoesOnForManyEpochs) {
  std::vector<Epoch> all = tests::epochs();
  for (Epoch& first : all) {
    if (first.accounts.size() != 6) continue;
    State state;
    for (std::uint64_t round = 0; round < 300; ++round) {
      const Settlement s = settle(first, state, 1000 * round);
      first.pool = checked_pool(first, s);
      state = s.next;
      for (const Standing& standing : state.nodes) ASSERT_TRUE(std::isfinite(standing.reputation));
      for (const Standing& standing : state.nodes) EXPECT_GE(policy_->preference(standing), 0);
    }
  }
}

TEST_P(Incentive, SameEpochSameSettlementUnderAnyNames) {
  const auto twin = Registry::instance().make(GetParam());
  for (Epoch epoch : tests::epochs()) {
    const Settlement s = settle(epoch);
    Draw draw(1, Stream::incentive, 0);
    const Settlement again = twin->settle(epoch, known({}, epoch, *twin), draw);
    rename(epoch, 500);
    const Settlement renamed = settle(epoch);
    for (const Settlement* other : {&again, &renamed}) {
      EXPECT_EQ(s.pay, other->pay);
      EXPECT_EQ(s.slash, other->slash);
      EXPECT_TRUE(same(s.next, other->next));
    }
  }
}

// A task whose seven answers agree, as much as any rule may ask for before it believes them, and one where none do.
Epoch replicated() {
  Epoch epoch;
  for (std::uint32_t n = 0; n < 7; ++n) {
    epoch.accounts.push_back({.node = NodeId(n), .block_tokens = 10, .uptime_s = 1, .stake = 1'000'000});
  }
  for (std::uint32_t task : {0u, 1u}) {
    epoch.requests.push_back({.request = RequestId(task), .output = 1, .seconds = 1, .fee = 700'000});
    epoch.fees += 700'000;
    for (std::uint32_t n = 0; n < 7; ++n) epoch.contributions.push_back({RequestId(task), NodeId(n), task * (1 + n)});
  }
  return epoch;
}

// What a game records only where it is told to changes a settlement exactly where the policy says that it needs it.
TEST_P(Incentive, GoesByScoresAndAnswersOnlyWhereItSaysSo) {
  const OnDemand needs = policy_->needs_in_game();
  EXPECT_TRUE(needs == OnDemand::nothing || !policy_->reads_beyond_audits().empty());
  bool by_scores = false, by_answers = false;
  std::vector<Epoch> all = tests::epochs();
  all.push_back(replicated());
  for (Epoch& epoch : all) {
    const Settlement with = settle(epoch);
    epoch.contributions.clear();
    const Settlement without_answers = settle(epoch);
    by_answers = by_answers || with.pay != without_answers.pay || with.slash != without_answers.slash;
    epoch.scores.clear();
    const Settlement without_scores = settle(epoch);
    by_scores = by_scores || without_answers.pay != without_scores.pay || without_answers.slash != without_scores.slash;
  }
  EXPECT_EQ(by_scores, needs == OnDemand::scores);
  EXPECT_EQ(by_answers, needs == OnDemand::contributions);
}

TEST_P(Incentive, AuditRatesAreProbabilities) {
  Draw draw(22, Stream::test, 0);
  for (int i = 0; i < 200; ++i) {
    const Claimant claimant{static_cast<MicroCoins>(draw.below(10'000'000)),
                            static_cast<MicroCoins>(draw.below(1'000'000'000)), policy_->newcomer()};
    const auto rate = policy_->audit_rate(claimant);
    if (rate) {
      EXPECT_GE(*rate, 0);
      EXPECT_LE(*rate, 1);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Incentive, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

TEST(Settlement, ASplitLosesNoCoinAndIsProportional) {
  Draw draw(23, Stream::test, 0);
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> weights(1 + draw.below(9));
    for (double& w : weights) w = draw.below(4) == 0 ? 0 : draw.uniform(0, 1e6);
    const auto amount = static_cast<MicroCoins>(draw.below(1'000'000'000'000));
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    const std::vector<MicroCoins> parts = split(amount, weights);
    EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), MicroCoins{0}), total > 0 ? amount : 0);
    for (std::size_t k = 0; k < weights.size() && total > 0; ++k) {
      EXPECT_NEAR(static_cast<double>(parts[k]), static_cast<double>(amount) * weights[k] / total, 1.001);
    }
  }
}

TEST(Settlement, WhatBreaksConservationIsARunError) {
  Epoch epoch;
  epoch.accounts = {{.node = NodeId(0), .stake = 10}, {.node = NodeId(1)}};
  epoch.fees = 5;
  const State state{{{}, {}}, {}};
  const auto with = [&](auto change) {
    Settlement s = nothing(epoch, state);
    change(s);
    return s;
  };
  EXPECT_EQ(checked_pool(epoch, with([](Settlement&) {})), 5);
  EXPECT_EQ(checked_pool(epoch, with([](Settlement& s) { s.pay = {7, 0}, s.slash = {2, 0}; })), 0);
  EXPECT_THROW(checked_pool(epoch, with([](Settlement& s) { s.pay = {6, 0}; })), RunError);
  EXPECT_THROW(checked_pool(epoch, with([](Settlement& s) { s.slash = {11, 0}; })), RunError);
  EXPECT_THROW(checked_pool(epoch, with([](Settlement& s) { s.pay = {-1, 0}; })), RunError);
  EXPECT_THROW(checked_pool(epoch, with([](Settlement& s) { s.burned = 6; })), RunError);
  EXPECT_THROW(checked_pool(epoch, with([](Settlement& s) { s.pay = {0}; })), RunError);
}

}  // namespace
}  // namespace orrery::sim::incentive
