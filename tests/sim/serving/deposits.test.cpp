// Names, and what they have at stake: a name that is left behind answers for what was done under it.
#include "sim/serving/deposits.hpp"

#include <gtest/gtest.h>

namespace orrery::sim::serving {
namespace {

constexpr MicroCoins coin = 1'000'000;

Time at(double s) { return Time::from_seconds(s); }

ledger::LedgerParams books() {
  ledger::LedgerParams p;
  p.deposit = 100;
  p.identity_fee = 3;
  p.unbonding_s = 60;
  return p;
}

TEST(Names, AreNumberedAsNodesAndThenByTime) {
  const Names names({{at(50), at(90)}, {}, {at(10)}});
  ASSERT_EQ(names.size(), 6U);
  EXPECT_EQ(names.at(NodeId(0), at(0)), NodeId(0));
  EXPECT_EQ(names.at(NodeId(0), at(49)), NodeId(0));
  EXPECT_EQ(names.at(NodeId(0), at(50)), NodeId(4));
  EXPECT_EQ(names.at(NodeId(0), at(1e6)), NodeId(5));
  EXPECT_EQ(names.at(NodeId(1), at(1e6)), NodeId(1));
  EXPECT_EQ(names.at(NodeId(2), at(10)), NodeId(3));
  EXPECT_EQ(names[5].before, NodeId(4));
  EXPECT_EQ(names[4].before, NodeId(0));
  EXPECT_FALSE(names[1].before);
  EXPECT_EQ(names[4].until, at(90));
  EXPECT_EQ(names[5].until, Time::never());
}

TEST(Deposits, AnOldNameCanBeSlashedUntilItsDepositIsFreeAndNotAfter) {
  const ledger::LedgerParams params = books();
  ledger::Ledger ledger(params);
  const ledger::WalletId pool = ledger.open();
  const Names names({{at(50)}, {}});
  Deposits deposits(ledger, params, names, 2);
  ASSERT_EQ(deposits.size(), 2U);
  deposits.advance(at(49));
  EXPECT_EQ(deposits.size(), 2U);
  deposits.advance(at(54));
  ASSERT_EQ(deposits.size(), 3U);
  EXPECT_EQ(deposits.stake(0), 100 * coin) << "it unbonds, and is there";
  EXPECT_EQ(deposits.stake(2), 100 * coin) << "the new name's is another";
  ledger.close_block(at(113));
  EXPECT_EQ(ledger.slash(deposits.wallet(0), pool, 30 * coin), 30 * coin);
  EXPECT_EQ(deposits.stake(0), 70 * coin);
  ledger.close_block(at(114));
  EXPECT_EQ(deposits.stake(0), 0);
  EXPECT_EQ(ledger.slash(deposits.wallet(0), pool, 30 * coin), 0);
  EXPECT_EQ(deposits.stake(2), 100 * coin);
}

TEST(Deposits, AreTheOwnersCapitalAndTheFeeIsBurned) {
  const ledger::LedgerParams params = books();
  ledger::Ledger ledger(params);
  const Names names({{at(50), at(90)}, {}});
  Deposits deposits(ledger, params, names, 2);
  EXPECT_EQ(ledger.supply(), (4 * 100 + 2 * 3) * coin) << "before the first block";
  EXPECT_EQ(deposits.most_locked(), 200 * coin);
  deposits.advance(at(54));
  EXPECT_EQ(deposits.most_locked(), 300 * coin);
  ledger.close_block(at(114));
  deposits.advance(at(114));
  EXPECT_EQ(deposits.most_locked(), 300 * coin) << "the first was free again";
  EXPECT_EQ(deposits.fees(), (std::vector<MicroCoins>{6 * coin, 0}));
  EXPECT_EQ(ledger.supply(), 4 * 100 * coin);
  EXPECT_NO_THROW(ledger.close_block(at(120))) << "coins are conserved";
}

}  // namespace
}  // namespace orrery::sim::serving
