// The trust game: the incentive policies of the simulator, its ledger, and audits that err at measured rates, over
// millions of jobs whose tokens nobody computes.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/game/params.hpp"
#include "sim/incentive/policy.hpp"
#include "sim/ledger/ledger.hpp"
#include "sim/results.hpp"
#include "sim/strategy/policy.hpp"

namespace orrery::sim::game {

// What a player did and earned.
struct Deeds {
  double claims = 0;
  double cheated = 0;
  double passed = 0;  // cheated claims that no audit rejected
  double cost = 0;    // of work and of audits [coin]
  MicroCoins pay = 0;
  MicroCoins slash = 0;
  double profit() const { return coins(pay - slash) - cost; }
};

struct Player {
  int action = 0;
  double size = 1;
  std::size_t owner = 0;  // the number of the machine that it is, or is a part of
  bool splits = false;    // its owner is one of game.splitters
  bool out = false;       // its deposit is too small to be asked
  ledger::WalletId wallet;
  std::vector<double> estimate;  // the strategy's memory
  Deeds now, total;              // of the epoch, of the game
  double caught_after = -1;      // cheated claims until the first rejection; negative: never caught
};

class Game {
 public:
  // The policies outlive the game. `params` has been validated; InputError where the incentive policy needs other ones.
  Game(const GameParams& params, const incentive::IncentivePolicy& incentive, const strategy::StrategyPolicy& strategy,
       std::uint64_t seed);

  void play_epoch();
  void play();  // all jobs
  // Called with every epoch's record before it is settled.
  void on_epoch(std::function<void(const incentive::Epoch&)> watch) { watch_ = std::move(watch); }

  const std::vector<Player>& players() const { return players_; }
  const std::vector<Cheat>& cheats() const { return cheats_; }
  const incentive::State& state() const { return state_; }
  const ledger::Ledger& ledger() const { return ledger_; }
  std::int64_t played() const { return played_; }
  Time now() const { return Time::from_seconds(params_.epoch_s * static_cast<double>(epochs_)); }
  // Totals of the players with this action; of all that are not honest where it is negative.
  Deeds deeds_of(int action) const;
  // Profit for a claim over the whole game by the players whose action is now this one; NaN where there is none.
  double profit_per_claim(int action) const;
  RunResult result() const;

 private:
  void enrol(std::uint64_t seed);
  void open_wallet(Player& player);
  void split_machines();

  // jobs.cpp
  incentive::Epoch open_epoch();
  void open_lottery();
  std::size_t draw_player();
  void play_job(incentive::Epoch& epoch);
  void play_leg(incentive::Epoch& epoch, std::size_t player, int stage);
  std::size_t draw_other(const std::vector<std::size_t>& busy);
  void audit(incentive::Epoch& epoch, std::size_t player, BlockSpan blocks, bool cheats, bool forced);
  void score(incentive::Epoch& epoch);

  // game.cpp
  void settle(const incentive::Epoch& epoch);
  void apply(const incentive::Settlement& settlement, MicroCoins pool);
  void refill(Player& player);
  void adapt();
  void write_timeline();

  std::vector<Metric> sybil_metrics() const;  // sybils.cpp

  GameParams params_;
  const incentive::IncentivePolicy& incentive_;
  const strategy::StrategyPolicy& strategy_;
  std::vector<Cheat> cheats_;
  Draw draw_;  // jobs, audits, scores
  Draw strategy_draw_;
  Draw incentive_draw_;
  ledger::Ledger ledger_;
  ledger::WalletId users_, pool_, capital_;
  std::vector<Player> players_;
  std::vector<double> lottery_;  // cumulative chances of being asked; empty: all alike
  std::size_t in_ = 0;           // players that can be asked
  incentive::State state_;
  std::int64_t played_ = 0, unserved_ = 0, audits_ = 0, epochs_ = 0;
  double audit_cost_ = 0;
  std::vector<double> quality_, scored_;  // by player, of this epoch
  std::vector<Column> timeline_;
  std::function<void(const incentive::Epoch&)> watch_;
};

}  // namespace orrery::sim::game
