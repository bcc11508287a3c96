#include "sim/ledger/ledger.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace orrery::sim::ledger {

Ledger::Ledger(const LedgerParams& params)
    : params_(params),
      base_fee_(micro_coins(params.base_fee_per_kib), std::llround(params.block_kib * 1024 / 2)),
      block_bytes_(2 * std::llround(params.block_kib * 1024 / 2)),
      community_(open()) {}

WalletId Ledger::open(MicroCoins genesis) {
  changed_ = true;
  EXPECT(genesis >= 0);
  wallets_.push_back({.free = genesis});
  supply_ += genesis;
  return WalletId(static_cast<std::uint32_t>(wallets_.size() - 1));
}

bool Ledger::transfer(WalletId from, WalletId to, MicroCoins amount) {
  changed_ = true;
  EXPECT(amount >= 0);
  if (wallets_[from.index()].free < amount) return false;
  wallets_[from.index()].free -= amount;
  wallets_[to.index()].free += amount;
  return true;
}

bool Ledger::bond(WalletId w, MicroCoins amount) {
  changed_ = true;
  EXPECT(amount >= 0);
  Wallet& wallet = wallets_[w.index()];
  if (wallet.free < amount) return false;
  wallet.free -= amount;
  wallet.bonded += amount;
  return true;
}

bool Ledger::unbond(WalletId w, MicroCoins amount, Time now) {
  changed_ = true;
  EXPECT(amount >= 0);
  Wallet& wallet = wallets_[w.index()];
  if (wallet.bonded < amount) return false;
  const Time until = now + Duration::from_seconds(params_.unbonding_s);
  EXPECT(unbonding_.empty() || unbonding_.back().until <= until);
  wallet.bonded -= amount;
  wallet.unbonding += amount;
  unbonding_.push_back({w, amount, until});
  return true;
}

bool Ledger::burn(WalletId from, MicroCoins amount) {
  changed_ = true;
  EXPECT(amount >= 0);
  if (wallets_[from.index()].free < amount) return false;
  wallets_[from.index()].free -= amount;
  supply_ -= amount;
  return true;
}

void Ledger::mint(WalletId to, MicroCoins amount) {
  changed_ = true;
  EXPECT(amount >= 0);
  wallets_[to.index()].free += amount;
  supply_ += amount;
}

bool Ledger::lock(std::uint64_t escrow, WalletId from, MicroCoins amount) {
  changed_ = true;
  EXPECT(amount >= 0);
  EXPECT(!escrows_.contains(escrow));
  if (wallets_[from.index()].free < amount) return false;
  wallets_[from.index()].free -= amount;
  escrows_.emplace(escrow, Escrow{from, amount});
  return true;
}

bool Ledger::pay_out(std::uint64_t escrow, WalletId to, MicroCoins amount) {
  changed_ = true;
  EXPECT(amount >= 0);
  const auto found = escrows_.find(escrow);
  if (found == escrows_.end() || found->second.amount < amount) return false;
  found->second.amount -= amount;
  wallets_[to.index()].free += amount;
  return true;
}

MicroCoins Ledger::release(std::uint64_t escrow) {
  changed_ = true;
  const auto found = escrows_.find(escrow);
  if (found == escrows_.end()) return 0;
  const Escrow e = found->second;
  wallets_[e.from.index()].free += e.amount;
  escrows_.erase(found);
  return e.amount;
}

MicroCoins Ledger::escrowed(std::uint64_t escrow) const {
  const auto found = escrows_.find(escrow);
  return found == escrows_.end() ? 0 : found->second.amount;
}

MicroCoins Ledger::slash(WalletId from, WalletId to, MicroCoins amount) {
  changed_ = true;
  EXPECT(amount >= 0);
  Wallet& wallet = wallets_[from.index()];
  const MicroCoins direct = std::min(amount, wallet.bonded);
  wallet.bonded -= direct;
  MicroCoins taken = direct;
  if (taken < amount && wallet.unbonding > 0) {
    for (auto entry = unbonding_.rbegin(); entry != unbonding_.rend() && taken < amount; ++entry) {
      if (entry->wallet != from) continue;
      const MicroCoins more = std::min(amount - taken, entry->amount);
      entry->amount -= more;
      wallet.unbonding -= more;
      taken += more;
    }
  }
  wallets_[to.index()].free += taken;
  return taken;
}

MicroCoins Ledger::fee_of(const Transaction& transaction) const {
  EXPECT(transaction.bytes >= 0 && transaction.tip >= 0);
  const auto kib = (transaction.bytes + 1023) / 1024;
  return micro_coins(params_.flat_fee) + kib * base_fee_.value();
}

void Ledger::charge(const Transaction& transaction, Block& block) {
  const MicroCoins fee = fee_of(transaction);
  const bool paid = params_.burn_base_fee ? burn(transaction.payer, fee) : transfer(transaction.payer, community_, fee);
  ENSURE(paid);
  const bool tipped = transfer(transaction.payer, community_, transaction.tip);
  ENSURE(tipped);
  block.fees += fee + transaction.tip;
  block.bytes += transaction.bytes;
  block.included.push_back(transaction.tag);
}

Block Ledger::close_block(Time now) {
  Block block{.number = ++blocks_, .time = now, .base_fee = base_fee_.value()};
  std::vector<Transaction> queue(pending_.begin(), pending_.end());
  pending_.clear();
  std::stable_sort(queue.begin(), queue.end(), [](const auto& a, const auto& b) { return a.tip > b.tip; });
  std::set<WalletId> waiting;  // a payer's transactions keep their order: behind one that waits, all wait
  for (const Transaction& t : queue) {
    if (t.bytes > block_bytes_ || balance(t.payer) < fee_of(t) + t.tip) continue;
    if (block.bytes + t.bytes > block_bytes_ || waiting.contains(t.payer)) {
      pending_.push_back(t);
      waiting.insert(t.payer);
    } else {
      charge(t, block);
    }
  }
  mature(now);
  base_fee_.follow(block.bytes);
  if (changed_) check_conservation();
  changed_ = false;
  return block;
}

void Ledger::mature(Time now) {
  while (!unbonding_.empty() && unbonding_.front().until <= now) {
    const Unbonding& entry = unbonding_.front();
    wallets_[entry.wallet.index()].unbonding -= entry.amount;
    wallets_[entry.wallet.index()].free += entry.amount;
    changed_ = true;
    unbonding_.pop_front();
  }
}

void Ledger::check_conservation() const {
  MicroCoins sum = 0;
  for (const Wallet& w : wallets_) {
    if (w.free < 0 || w.bonded < 0 || w.unbonding < 0) throw RunError("the ledger holds a negative amount");
    sum += w.free + w.bonded + w.unbonding;
  }
  for (const auto& [name, escrow] : escrows_) sum += escrow.amount;
  if (sum != supply_) {
    throw RunError("coins are not conserved: " + std::to_string(sum) + " micro-coins where " + std::to_string(supply_) +
                   " were issued");
  }
}

}  // namespace orrery::sim::ledger
