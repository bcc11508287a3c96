#include "sim/game/game.hpp"

#include <algorithm>
#include <cmath>

namespace orrery::sim::game {

using incentive::Epoch;

namespace {

ledger::LedgerParams books() {
  ledger::LedgerParams p;
  p.flat_fee = 0;
  return p;
}

// Where the i-th of a list falls in [0, 1): evenly spread for an irrational step, so that any part of the interval gets
// its share of the list, but for one or two.
double spread(std::size_t i, double step) { return std::fmod((static_cast<double>(i) + 0.5) * step, 1.0); }

}  // namespace

Game::Game(const GameParams& params, const incentive::IncentivePolicy& incentive,
           const strategy::StrategyPolicy& strategy, std::uint64_t seed)
    : params_(params),
      incentive_(incentive),
      strategy_(strategy),
      cheats_(params.cheats()),
      draw_(seed, Stream::incentive, 1),
      strategy_draw_(seed, Stream::incentive, 2),
      incentive_draw_(seed, Stream::incentive, 0),
      ledger_(books()) {
  validate(params, incentive);
  const double asked = static_cast<double>(std::max(params.stages, params.replicas));
  users_ = ledger_.open(micro_coins(params.fee) * static_cast<MicroCoins>(asked) * params.jobs + micro_coins(1));
  pool_ = ledger_.open();
  capital_ = ledger_.open(micro_coins(1e11));
  enrol(seed);
  split_machines();
  timeline_ = {{"time", "s", "end of the epoch", {}},
               {"cheater_share", "1", "nodes that cheat", {}},
               {"profit_honest", "coin/claim", "mean profit of honest nodes in the epoch", {}},
               {"profit_cheat", "coin/claim", "mean profit of cheaters in the epoch", {}},
               {"reputation_honest", "1", "mean reputation of honest nodes", {}},
               {"reputation_cheat", "1", "mean reputation of cheaters", {}},
               {"nodes_in", "node", "nodes with enough at stake to be asked", {}}};
}

// A player for each machine, with its size, its action and its deposit.
void Game::enrol(std::uint64_t seed) {
  Draw sizes(seed, Stream::incentive, 3);
  players_.resize(static_cast<std::size_t>(params_.nodes));
  for (std::size_t i = 0; i < players_.size(); ++i) {
    Player& player = players_[i];
    player.owner = i;
    open_wallet(player);
    player.estimate.assign(cheats_.size() + 1, 0);
    if (params_.size_sigma > 0) player.size = sizes.lognormal(0, params_.size_sigma);
    // It takes the cheat in whose part of the unit interval it falls.
    double at = spread(i, 0.6180339887498949);
    for (std::size_t c = 0; c < cheats_.size() && player.action == 0; ++c) {
      if (at < cheats_[c].share) player.action = static_cast<int>(c) + 1;
      at -= cheats_[c].share;
    }
  }
}

void Game::open_wallet(Player& player) {
  player.wallet = ledger_.open(micro_coins(params_.deposit));
  const bool bonded = ledger_.bond(player.wallet, micro_coins(params_.deposit));
  ENSURE(bonded);
}

// The further names stand behind all machines, so that the others, and those who score, are the same with and without
// them. Who splits has nothing to do with who cheats: another irrational step.
void Game::split_machines() {
  const std::size_t machines = players_.size();
  for (std::size_t i = 0; i < machines; ++i) {
    if (spread(i, 0.41421356237309515) >= params_.splitters) continue;
    players_[i].splits = true;
    players_[i].size /= static_cast<double>(params_.identities);
    for (std::int64_t name = 1; name < params_.identities; ++name) {
      Player other = players_[i];
      open_wallet(other);
      players_.push_back(std::move(other));
    }
  }
}

void Game::play() {
  while (played_ < params_.jobs) play_epoch();
}

void Game::play_epoch() {
  Epoch epoch = open_epoch();
  const std::int64_t jobs = std::min(params_.epoch_jobs, params_.jobs - played_);
  for (std::int64_t j = 0; j < jobs; ++j) play_job(epoch);
  score(epoch);
  if (watch_) watch_(epoch);
  played_ += jobs;
  ++epochs_;
  settle(epoch);
  for (Player& player : players_) {
    Deeds& t = player.total;
    const Deeds& n = player.now;
    t.claims += n.claims, t.cheated += n.cheated, t.passed += n.passed, t.cost += n.cost;
    t.pay += n.pay, t.slash += n.slash;
  }
  write_timeline();
  adapt();
}

void Game::settle(const Epoch& epoch) {
  const bool paid = ledger_.transfer(users_, pool_, epoch.fees);
  ENSURE(paid);
  incentive::check_stake(epoch, incentive_);
  const incentive::Settlement settlement = incentive_.settle(epoch, state_, incentive_draw_);
  apply(settlement, incentive::checked_pool(epoch, settlement));
  state_ = settlement.next;
  ledger_.close_block(now());
  for (Player& player : players_) refill(player);
}

void Game::apply(const incentive::Settlement& s, MicroCoins pool) {
  ledger_.mint(pool_, s.minted);
  for (std::size_t i = 0; i < players_.size(); ++i) {
    players_[i].now.slash = ledger_.slash(players_[i].wallet, pool_, s.slash[i]);
    players_[i].now.pay = s.pay[i];
  }
  for (std::size_t i = 0; i < players_.size(); ++i) {
    const bool paid = ledger_.transfer(pool_, players_[i].wallet, s.pay[i]);
    ENSURE(paid);
  }
  const bool burned = ledger_.burn(pool_, s.burned);
  ENSURE(burned);
  if (ledger_.balance(pool_) != pool) throw RunError("the pool does not hold what the settlement left in it");
}

// The deposit is filled up from what was earned, then from outside; without that, who has lost half is not asked again.
void Game::refill(Player& player) {
  const MicroCoins full = micro_coins(params_.deposit), missing = full - ledger_.deposit(player.wallet);
  if (!params_.rebond) {
    player.out = player.out || 2 * ledger_.deposit(player.wallet) < full;
    return;
  }
  if (missing <= 0) return;
  const MicroCoins short_of = std::max<MicroCoins>(0, missing - ledger_.balance(player.wallet));
  if (!ledger_.transfer(capital_, player.wallet, short_of)) throw RunError("the capital outside is used up");
  const bool bonded = ledger_.bond(player.wallet, missing);
  ENSURE(bonded);
}

void Game::adapt() {
  std::vector<double> profit(cheats_.size() + 1, 0), claims(cheats_.size() + 1, 0);
  for (const Player& player : players_) {
    profit[static_cast<std::size_t>(player.action)] += player.now.profit();
    claims[static_cast<std::size_t>(player.action)] += player.now.claims;
  }
  for (std::size_t a = 0; a < profit.size(); ++a) profit[a] /= claims[a];  // 0/0 is NaN: nobody
  std::vector<int> next;
  for (Player& player : players_) {
    const Player& peer = players_[strategy_draw_.below(players_.size())];
    const double own = player.now.claims > 0 ? player.now.profit() / player.now.claims : 0;
    const strategy::Outlook outlook{player.action, own, peer.action, profit, player.estimate};
    next.push_back(player.now.claims > 0 ? strategy_.next(outlook, strategy_draw_) : player.action);
  }
  for (std::size_t i = 0; i < players_.size(); ++i) {
    EXPECT(next[i] >= 0 && next[i] <= static_cast<int>(cheats_.size()));
    players_[i].action = next[i];
  }
}

void Game::write_timeline() {
  double honest[3] = {}, cheat[3] = {}, in = 0;  // profit, claims, reputation
  double honest_nodes = 0, cheat_nodes = 0;
  for (std::size_t i = 0; i < players_.size(); ++i) {
    const Player& player = players_[i];
    auto& sums = player.action == 0 ? honest : cheat;
    (player.action == 0 ? honest_nodes : cheat_nodes) += 1;
    sums[0] += player.now.profit();
    sums[1] += player.now.claims;
    sums[2] += state_.nodes[i].reputation;
    in += !player.out;
  }
  const double row[] = {params_.epoch_s * static_cast<double>(epochs_),
                        cheat_nodes / static_cast<double>(players_.size()),
                        honest[0] / honest[1],
                        cheat[0] / cheat[1],
                        honest[2] / honest_nodes,
                        cheat[2] / cheat_nodes,
                        in};
  for (std::size_t c = 0; c < timeline_.size(); ++c) timeline_[c].values.push_back(row[c]);
}

}  // namespace orrery::sim::game
