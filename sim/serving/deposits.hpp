// What names have at stake, and what they cost their owners.
//
// A node's owner has the capital for every name that its node will take before the first block, since this is worked
// out after the run. Each name is given a deposit out of it; one that is left behind begins to unbond, and goes back to
// its wallet after ledger.unbonding_s unless it is slashed by then. A name after the first also costs
// ledger.identity_fee, which is burned.
#pragma once

#include <vector>

#include "sim/ledger/ledger.hpp"
#include "sim/serving/names.hpp"

namespace orrery::sim::serving {

class Deposits {
 public:
  // All three outlive it. `nodes`: how many there are, which is how many first names.
  Deposits(ledger::Ledger& ledger, const ledger::LedgerParams& params, const Names& names, std::size_t nodes);

  // Names taken by `now` are entered; times do not go back.
  void advance(Time now);
  // Names [0, size()) have been entered.
  std::size_t size() const { return wallets_.size(); }
  ledger::WalletId wallet(std::size_t name) const { return wallets_[name]; }
  // All that can be slashed: the deposit, or what is left of it while it unbonds.
  MicroCoins stake(std::size_t name) const;
  // The most that lay in deposits at once, those still unbonding included.
  MicroCoins most_locked() const { return most_locked_; }
  // Burned for names after the first, by node.
  const std::vector<MicroCoins>& fees() const { return fees_; }

 private:
  void enter();
  MicroCoins locked() const;

  ledger::Ledger& ledger_;
  const Names& names_;
  MicroCoins deposit_, fee_;
  std::vector<ledger::WalletId> owners_;   // by node
  std::vector<ledger::WalletId> wallets_;  // by name
  std::vector<MicroCoins> fees_;
  MicroCoins most_locked_ = 0;
};

}  // namespace orrery::sim::serving
