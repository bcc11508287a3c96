// The chain's books: wallets, deposits, escrow, and the blocks that close them. Every coin is in exactly one place, and
// each block checks that: genesis + minted - burned = wallets + escrow + deposits + unbonding.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "sim/id.hpp"
#include "sim/ledger/base_fee.hpp"
#include "sim/ledger/params.hpp"
#include "sim/units.hpp"

namespace orrery::sim::ledger {

struct WalletTag;
using WalletId = Id<WalletTag>;

// Somebody wants something written into a block; `tag` is the sender's name for it.
struct Transaction {
  WalletId payer;
  std::int64_t bytes = 0;
  MicroCoins tip = 0;  // on top of the fee, for being early
  std::uint64_t tag = 0;
};

struct Block {
  std::int64_t number = 0;
  Time time;
  std::int64_t bytes = 0;
  MicroCoins base_fee = 0;  // for a KiB, of this block
  MicroCoins fees = 0;
  std::vector<std::uint64_t> included;  // tags, by tip, then by arrival
};

class Ledger {
 public:
  explicit Ledger(const LedgerParams& params);

  // A wallet with coins from before the first block.
  WalletId open(MicroCoins genesis = 0);
  MicroCoins balance(WalletId w) const { return wallets_[w.index()].free; }
  MicroCoins deposit(WalletId w) const { return wallets_[w.index()].bonded; }
  MicroCoins unbonding(WalletId w) const { return wallets_[w.index()].unbonding; }
  WalletId community() const { return community_; }
  MicroCoins supply() const { return supply_; }
  std::size_t size() const { return wallets_.size(); }

  // Each returns false and changes nothing where the coins are not there. Amounts are >= 0.
  bool transfer(WalletId from, WalletId to, MicroCoins amount);
  bool bond(WalletId w, MicroCoins amount);
  bool unbond(WalletId w, MicroCoins amount, Time now);  // free after the unbonding period
  bool burn(WalletId from, MicroCoins amount);
  bool lock(std::uint64_t escrow, WalletId from, MicroCoins amount);  // one escrow a name
  void mint(WalletId to, MicroCoins amount);
  // Out of an escrow; false where it does not hold so much.
  bool pay_out(std::uint64_t escrow, WalletId to, MicroCoins amount);
  // What is left of an escrow goes back to whoever locked it; returns how much.
  MicroCoins release(std::uint64_t escrow);
  MicroCoins escrowed(std::uint64_t escrow) const;
  // Takes up to `amount` from a deposit, then from what is unbonding, latest first; returns how much it was.
  MicroCoins slash(WalletId from, WalletId to, MicroCoins amount);

  void submit(const Transaction& transaction) { pending_.push_back(transaction); }
  // Fills a block with what is pending and can pay its fee; who cannot pay is dropped. Then matures deposits, moves the
  // base fee, and throws RunError if a coin was lost or made.
  Block close_block(Time now);
  std::size_t pending() const { return pending_.size(); }

 private:
  struct Wallet {
    MicroCoins free = 0, bonded = 0, unbonding = 0;
  };
  struct Unbonding {
    WalletId wallet;
    MicroCoins amount = 0;
    Time until;
  };
  struct Escrow {
    WalletId from;
    MicroCoins amount = 0;
  };
  MicroCoins fee_of(const Transaction& transaction) const;
  void charge(const Transaction& transaction, Block& block);
  void mature(Time now);
  void check_conservation() const;

  LedgerParams params_;
  BaseFee base_fee_;
  std::int64_t block_bytes_;
  std::vector<Wallet> wallets_;
  std::map<std::uint64_t, Escrow> escrows_;
  std::deque<Unbonding> unbonding_;  // in the order they mature
  std::deque<Transaction> pending_;
  WalletId community_;
  MicroCoins supply_ = 0;
  std::int64_t blocks_ = 0;
  bool changed_ = true;  // since conservation was last checked
};

}  // namespace orrery::sim::ledger
