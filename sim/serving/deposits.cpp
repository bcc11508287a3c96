#include "sim/serving/deposits.hpp"

#include <algorithm>

namespace orrery::sim::serving {

Deposits::Deposits(ledger::Ledger& ledger, const ledger::LedgerParams& params, const Names& names, std::size_t nodes)
    : ledger_(ledger),
      names_(names),
      deposit_(micro_coins(params.deposit)),
      fee_(micro_coins(params.identity_fee)),
      fees_(nodes, 0) {
  std::vector<MicroCoins> capital(nodes, 0);
  for (std::size_t n = 0; n < names.size(); ++n) capital[names[n].node.index()] += deposit_ + (n < nodes ? 0 : fee_);
  for (const MicroCoins amount : capital) owners_.push_back(ledger.open(amount));
  while (wallets_.size() < nodes) enter();
  most_locked_ = locked();
}

// The next name.
void Deposits::enter() {
  const Name& name = names_[wallets_.size()];
  const ledger::WalletId owner = owners_[name.node.index()], wallet = ledger_.open();
  const bool bonded = ledger_.transfer(owner, wallet, deposit_) && ledger_.bond(wallet, deposit_);
  ENSURE(bonded);
  wallets_.push_back(wallet);
}

void Deposits::advance(Time now) {
  const std::size_t before = size();
  while (size() < names_.size() && names_[size()].since <= now) {
    const Name& name = names_[size()];
    const ledger::WalletId left = wallets_[name.before.index()];
    const bool done =
        ledger_.unbond(left, ledger_.deposit(left), now) && ledger_.burn(owners_[name.node.index()], fee_);
    ENSURE(done);
    fees_[name.node.index()] += fee_;
    enter();
  }
  if (size() > before) most_locked_ = std::max(most_locked_, locked());
}

MicroCoins Deposits::stake(std::size_t name) const {
  return ledger_.deposit(wallets_[name]) + ledger_.unbonding(wallets_[name]);
}

MicroCoins Deposits::locked() const {
  MicroCoins sum = 0;
  for (std::size_t n = 0; n < size(); ++n) sum += stake(n);
  return sum;
}

}  // namespace orrery::sim::serving
