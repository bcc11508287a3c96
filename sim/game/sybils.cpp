// What an owner gains by running one machine under several names.
#include <limits>

#include "sim/game/game.hpp"

namespace orrery::sim::game {
namespace {

// Owners of one kind: what one of them earned and has at stake, on average [coin]. NaN where there is none.
struct Owners {
  double profit = 0, bonded = 0, machines = 0;
  double mean_profit() const { return profit / machines; }
  double mean_bonded() const { return bonded / machines; }
};

}  // namespace

std::vector<Metric> Game::sybil_metrics() const {
  Owners split, single;
  for (std::size_t i = 0; i < players_.size(); ++i) {
    Owners& kind = players_[i].splits ? split : single;
    kind.profit += players_[i].total.profit();
    kind.bonded += coins(ledger_.deposit(players_[i].wallet));
    kind.machines += players_[i].owner == i;  // its first name stands at the machine's own place
  }
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  const double names = static_cast<double>(params_.identities);
  // A ratio to a loss, or to nothing, is no gain.
  const double gain = single.mean_profit() > 0 ? split.mean_profit() / single.mean_profit() : undefined;
  const double capital = single.mean_bonded() > 0 ? split.mean_bonded() / single.mean_bonded() : undefined;
  const double break_even = names > 1 ? (split.mean_profit() - single.mean_profit()) / (names - 1) : undefined;
  return {{"sybil_gain", "1", "mean profit of an owner of several names over that of an owner of one", gain},
          {"sybil_capital", "1", "the same for what they have at stake at the end", capital},
          {"sybil_break_even", "coin", "price of a further name at which owners stop gaining by it", break_even}};
}

}  // namespace orrery::sim::game
