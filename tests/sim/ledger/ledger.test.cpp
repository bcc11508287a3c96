#include "sim/ledger/ledger.hpp"

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::ledger {
namespace {

constexpr MicroCoins coin = 1'000'000;

LedgerParams quick() {
  LedgerParams p;
  p.unbonding_s = 100;
  p.flat_fee = 0;
  p.base_fee_per_kib = 0.001;
  p.block_kib = 8;
  return p;
}

TEST(Ledger, MovesCoinsOrSaysNo) {
  Ledger ledger(quick());
  const WalletId a = ledger.open(10 * coin), b = ledger.open();
  EXPECT_TRUE(ledger.transfer(a, b, 4 * coin));
  EXPECT_FALSE(ledger.transfer(a, b, 7 * coin));
  EXPECT_EQ(ledger.balance(a), 6 * coin);
  EXPECT_EQ(ledger.balance(b), 4 * coin);
  EXPECT_TRUE(ledger.burn(b, coin));
  ledger.mint(a, 2 * coin);
  EXPECT_EQ(ledger.supply(), 11 * coin);
  EXPECT_FALSE(ledger.bond(b, 4 * coin));
}

TEST(Ledger, EscrowPaysOutAndReturnsTheRest) {
  Ledger ledger(quick());
  const WalletId user = ledger.open(10 * coin), node = ledger.open();
  EXPECT_FALSE(ledger.lock(7, user, 11 * coin));
  EXPECT_TRUE(ledger.lock(7, user, 8 * coin));
  EXPECT_EQ(ledger.balance(user), 2 * coin);
  EXPECT_TRUE(ledger.pay_out(7, node, 3 * coin));
  EXPECT_FALSE(ledger.pay_out(7, node, 6 * coin));
  EXPECT_FALSE(ledger.pay_out(8, node, 0));
  EXPECT_EQ(ledger.release(7), 5 * coin);
  EXPECT_EQ(ledger.release(7), 0);
  EXPECT_EQ(ledger.balance(user), 7 * coin);
  EXPECT_EQ(ledger.balance(node), 3 * coin);
}

TEST(Ledger, DepositsStayLockedAndCanBeSlashedUntilTheyMature) {
  Ledger ledger(quick());
  const WalletId node = ledger.open(10 * coin), pool = ledger.open();
  EXPECT_TRUE(ledger.bond(node, 10 * coin));
  EXPECT_TRUE(ledger.unbond(node, 4 * coin, Time()));
  EXPECT_TRUE(ledger.unbond(node, 3 * coin, Time::from_seconds(50)));
  EXPECT_FALSE(ledger.unbond(node, 4 * coin, Time::from_seconds(50)));
  EXPECT_EQ(ledger.balance(node), 0);
  ledger.close_block(Time::from_seconds(99));
  EXPECT_EQ(ledger.balance(node), 0);
  EXPECT_EQ(ledger.slash(node, pool, 5 * coin), 5 * coin) << "3 bonded, then 2 of the latest that unbonds";
  ledger.close_block(Time::from_seconds(100));
  EXPECT_EQ(ledger.balance(node), 4 * coin);
  EXPECT_EQ(ledger.slash(node, pool, 5 * coin), coin) << "what has matured is gone";
  ledger.close_block(Time::from_seconds(200));
  EXPECT_EQ(ledger.balance(pool), 6 * coin);
}

TEST(Ledger, ABlockTakesTheBestTipsFirstAndKeepsTheOthersWaiting) {
  Ledger ledger(quick());  // 8 KiB, 0.001 coin a KiB
  const WalletId rich = ledger.open(10 * coin), poor = ledger.open(500);
  ledger.submit({rich, 4096, 0, 1});
  ledger.submit({rich, 4096, 10, 2});
  ledger.submit({poor, 1024, 0, 3});
  ledger.submit({rich, 4096, 5, 4});
  ledger.submit({rich, 9000, 5, 5});
  const Block first = ledger.close_block(Time::from_seconds(6));
  EXPECT_EQ(first.included, (std::vector<std::uint64_t>{2, 4})) << "3 cannot pay, 5 fits into no block";
  EXPECT_EQ(first.fees, 8000 + 15);
  const Block second = ledger.close_block(Time::from_seconds(12));
  EXPECT_EQ(second.included, std::vector<std::uint64_t>{1});
  EXPECT_EQ(second.base_fee, 1125) << "after a full block";
  EXPECT_EQ(ledger.pending(), 0u);
}

TEST(Ledger, APayersTransactionsKeepTheirOrder) {
  Ledger ledger(quick());
  const WalletId a = ledger.open(10 * coin), b = ledger.open(10 * coin);
  ledger.submit({a, 6000, 0, 1});
  ledger.submit({a, 6000, 0, 2});
  ledger.submit({a, 100, 0, 3});
  ledger.submit({b, 100, 0, 4});
  EXPECT_EQ(ledger.close_block(Time()).included, (std::vector<std::uint64_t>{1, 4})) << "3 would fit, but 2 waits";
  EXPECT_EQ(ledger.close_block(Time()).included, (std::vector<std::uint64_t>{2, 3}));
}

TEST(Ledger, ConservesCoinsUnderAnythingAtAll) {
  Ledger ledger(quick());
  Draw draw(4, Stream::test, 0);
  std::vector<WalletId> all;
  for (int i = 0; i < 12; ++i) all.push_back(ledger.open(static_cast<MicroCoins>(draw.below(50 * coin))));
  const auto any = [&] { return all[draw.below(all.size())]; };
  double now = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto amount = static_cast<MicroCoins>(draw.below(3 * coin));
    switch (draw.below(10)) {
      case 0:
        ledger.transfer(any(), any(), amount);
        break;
      case 1:
        ledger.bond(any(), amount);
        break;
      case 2:
        ledger.unbond(any(), amount, Time::from_seconds(now));
        break;
      case 3:
        ledger.slash(any(), any(), amount);
        break;
      case 4:
        if (ledger.escrowed(step % 50) == 0) {
          ledger.release(step % 50), ledger.lock(step % 50, any(), amount);
        }
        break;
      case 5:
        ledger.pay_out(step % 50, any(), amount);
        break;
      case 6:
        ledger.release(step % 50);
        break;
      case 7:
        ledger.mint(any(), amount);
        break;
      case 8:
        ledger.burn(any(), amount);
        break;
      default:
        ledger.submit({any(), static_cast<std::int64_t>(draw.below(3000)), static_cast<MicroCoins>(draw.below(9)), 0});
    }
    if (step % 20 == 0) {
      ASSERT_NO_THROW(ledger.close_block(Time::from_seconds(now += 6)));
    }
  }
}

TEST(BaseFee, FollowsEip1559) {
  BaseFee fee(1'000'000'000, 100);
  for (int block = 0; block < 10; ++block) fee.follow(200);
  EXPECT_NEAR(static_cast<double>(fee.value()), 1e9 * 3.2473, 2e5);
  BaseFee pair(1'000'000'000, 100);
  pair.follow(200), pair.follow(0);
  EXPECT_EQ(pair.value(), 984'375'000);
  BaseFee small(3, 100);
  small.follow(101);
  EXPECT_EQ(small.value(), 4) << "rises by one unit at least";
  small.follow(100);
  EXPECT_EQ(small.value(), 4);
}

}  // namespace
}  // namespace orrery::sim::ledger
