#include "experiments/rows/economy.hpp"

#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/scene.hpp"
#include "sim/game/game.hpp"

namespace orrery::experiments::rows {

Profits play(const Economy& e, double audit_rate, double cheaters, std::uint64_t seed) {
  sim::game::GameParams p;
  p.jobs = e.jobs;
  p.epoch_jobs = 2000;
  p.nodes = 500;
  p.fee = e.reward, p.cost = e.cost, p.saving = e.saving, p.tpr = e.tpr, p.fpr = e.fpr;
  p.cheaters = cheaters;
  p.deposit = 100 * e.slash;  // so that one epoch's slashes always find a stake
  const auto incentive = policy(
      "posp",
      fmt::format("challenge_rate = {}\nslash = {}\nvalidator_reward = 0.0\nchallenge_tax = 0.0", audit_rate, e.slash));
  const auto stay = sim::config::Registry<sim::strategy::StrategyPolicy>::instance().make("fixed");
  sim::game::Game game(p, *incentive, *stay, seed);
  game.play();
  return {game.profit_per_claim(0), game.profit_per_claim(0) - game.profit_per_claim(1)};
}

double boundary_error(const Economy& e, double audit_rate) {
  const double half_of_jobs = static_cast<double>(e.jobs) / 2;
  // Two games: their mean has half of the variance.
  const double rejections = std::sqrt(audit_rate * (e.tpr + e.fpr) / half_of_jobs / 2);
  return 1.96 * rejections / (e.tpr - e.fpr);
}

}  // namespace orrery::experiments::rows
