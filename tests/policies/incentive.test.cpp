#include "sim/incentive/policy.hpp"

// What holds for every incentive policy: above all, coins are conserved.

#include <cmath>
#include <utility>

#include <gtest/gtest.h>

namespace orrery::sim::incentive {
namespace {

using Registry = config::Registry<IncentivePolicy>;

struct Epoch {
  std::vector<Account> accounts;
  MicroCoins fees = 0;
};

std::vector<Epoch> epochs() {
  std::vector<Epoch> all = {
      {{}, 0}, {{}, 1'000'000}, {{Account{.node = NodeId(0)}}, 0}, {{Account{.node = NodeId(3)}}, 7}};
  Draw draw(21, Stream::test, 0);
  for (int i = 0; i < 200; ++i) {
    Epoch epoch;
    const auto nodes = 1 + draw.below(30);
    for (std::uint32_t n = 0; n < nodes; ++n) {
      const bool idle = draw.below(4) == 0;
      epoch.accounts.push_back({.node = NodeId(2 * n),
                                .block_tokens = idle ? 0 : draw.uniform(0, 1e6),
                                .uptime_s = idle ? 0 : draw.uniform(0, 3600),
                                .accepted = idle ? 0 : static_cast<std::int64_t>(draw.below(20)),
                                .rejected = idle ? 0 : static_cast<std::int64_t>(draw.below(3)),
                                .stake = draw.below(3) == 0 ? 0 : draw.uniform(0, 100)});
    }
    epoch.fees = static_cast<MicroCoins>(draw.below(4) == 0 ? draw.below(5) : draw.below(2'000'000'000));
    all.push_back(std::move(epoch));
  }
  return all;
}

class Incentive : public testing::TestWithParam<std::string> {
 protected:
  std::vector<MicroCoins> settle(const Epoch& epoch, std::uint64_t index = 0) const {
    Draw draw(1, Stream::incentive, 0, index);
    return policy_->settle(epoch.accounts, epoch.fees, draw);
  }
  std::unique_ptr<IncentivePolicy> policy_ = Registry::instance().make(GetParam());
};

TEST_P(Incentive, PaysOnlyWhatCameIn) {
  for (const Epoch& epoch : epochs()) {
    for (std::uint64_t index : {0, 31, 2718}) {
      const std::vector<MicroCoins> amounts = settle(epoch, index);
      ASSERT_EQ(amounts.size(), epoch.accounts.size());
      MicroCoins sum = 0;
      for (MicroCoins amount : amounts) sum += amount;
      EXPECT_LE(sum, epoch.fees) << "paid out less taken in";
    }
  }
}

TEST_P(Incentive, TakesNoMoreThanTheStake) {
  for (const Epoch& epoch : epochs()) {
    const std::vector<MicroCoins> amounts = settle(epoch);
    ASSERT_EQ(amounts.size(), epoch.accounts.size());
    for (std::size_t i = 0; i < amounts.size(); ++i) {
      EXPECT_GE(amounts[i], -static_cast<MicroCoins>(std::llround(epoch.accounts[i].stake * 1e6))) << "account " << i;
    }
  }
}

TEST_P(Incentive, SameEpochSameSettlementUnderAnyNames) {
  const auto twin = Registry::instance().make(GetParam());
  for (Epoch epoch : epochs()) {
    const std::vector<MicroCoins> amounts = settle(epoch);
    EXPECT_EQ(amounts, settle(epoch));
    Draw draw(1, Stream::incentive, 0);
    EXPECT_EQ(amounts, twin->settle(epoch.accounts, epoch.fees, draw));
    for (Account& account : epoch.accounts) account.node = NodeId(account.node.index() + 500);
    EXPECT_EQ(amounts, settle(epoch));
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Incentive, testing::ValuesIn(Registry::instance().names()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace orrery::sim::incentive
