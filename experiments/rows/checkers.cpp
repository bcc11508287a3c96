// Who checks the checkers: jackpots, bribes, committed traces.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/economy.hpp"
#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::NodeId;
using sim::incentive::Verdict;

// What k identities of one operator win by finding one forced error.
double winnings(int identities) {
  const auto truebit = policy("truebit", "jackpot = 100.0");
  Scene scene(*truebit);
  const NodeId executor = scene.add(100);
  std::vector<std::pair<NodeId, Verdict>> said;
  for (int i = 0; i < identities; ++i) said.emplace_back(scene.add(), Verdict::rejected);
  scene.request(1);
  scene.leg(executor);
  scene.audit(Verdict::rejected, said, true);
  scene.settle(1000);
  double sum = 0;
  for (const auto& [node, word] : said) sum += scene.paid(node);
  return sum;
}

Rows jackpots() {
  Rows rows;
  const double alone = winnings(1);
  for (int k : {2, 3, 5}) {
    rows.push_back({"I4", fmt::format("Truebit: jackpots of {} identities, relative to one", k), k / std::exp2(k - 1),
                    winnings(k) / alone, 0, 1e-6});
  }
  // A checker that always looks earns jackpots at the rate of forced errors.
  constexpr double cost = 0.5;
  const auto earned = [alone](double rate, std::uint32_t stream) {
    sim::Draw draw(7, sim::Stream::incentive, stream);
    Mean mean;
    for (int i = 0; i < 2'000'000; ++i) mean.add(draw.uniform() < rate ? alone : 0);
    return mean;
  };
  const Mean low = earned(0.003, 21), high = earned(0.007, 22);
  rows.push_back({"I4", "Truebit: rate of forced errors that pays for a check of 0.5 (J 100)", cost / 100,
                  crossing(0.003, low.value() - cost, 0.007, high.value() - cost), 0.00006, 0.0002});
  return rows;
}

// One verifier that may be bribed. An executor gains 3 by a cheat; looking costs 0.5 and brings half of the stake. It
// tries every share of cheating, with and without a bribe that leaves the verifier as well off as looking would.
struct Best {
  double profit = 0, share = 0;  // of its best reply: what it brings, how often it cheats
};
Best best_reply(double stake) {
  constexpr double gain = 3, check_cost = 0.5;
  const auto truebit = policy("truebit", fmt::format("tax = 0.0\ndeposit = {}\nchallenger_share = 0.5", stake));
  Scene scene(*truebit);
  const NodeId executor = scene.add(stake), verifier = scene.add();
  scene.request(0);
  scene.leg(executor);
  scene.audit(Verdict::rejected, {{verifier, Verdict::rejected}});
  scene.settle();
  const double reward = scene.paid(verifier), fine = scene.slashed(executor);
  Best best;
  constexpr int steps = 100'000;
  for (int i = 1; i <= steps; ++i) {
    const double share = static_cast<double>(i) / steps;
    const double looking = share * reward - check_cost;  // what the verifier earns by looking
    const bool looks = looking > 0;
    const double unbribed = share * (looks ? -fine : gain);
    const double bribed = share * gain - std::max(0.0, looking);
    if (const double profit = std::max(unbribed, bribed); profit > best.profit) best = {profit, share};
  }
  return best;
}

Rows bribery() {
  Rows rows;
  for (const auto& [stake, profit] :
       {std::pair{2.0, 2.5}, {4.0, 1.5}, {6.0, 0.5}, {7.0, 3.0 / 7}, {8.0, 0.375}, {12.0, 0.25}}) {
    rows.push_back({"I5", fmt::format("bribery: most profit of an executor with stake {}", stake), profit,
                    best_reply(stake).profit, 0, 1e-3});
  }
  // Up to the collusion-proof stake the bribe is what pays, and profit falls by half a coin a coin.
  double stake = 2;
  while (best_reply(stake + 0.05).profit - best_reply(stake).profit < -0.02) stake += 0.05;
  rows.push_back({"I5", "bribery: collusion-proof stake (s - bonus)/lambda", 6, stake, 0.05, 0.1});
  // Below it the verifier is bribed and every claim is a cheat; above, just as many as do not make looking pay.
  rows.push_back(
      {"I5", "bribery: share of cheats below the collusion-proof stake (4)", 1, best_reply(4).share, 0, 1e-4});
  for (const double above : {8.0, 12.0}) {
    rows.push_back({"I5", fmt::format("bribery: share of cheats above it (stake {}), where looking just pays", above),
                    0.5 / (0.5 * above), best_reply(above).share, 0, 1e-4});
  }
  return rows;
}

struct Trace {
  int steps = 64, corrupted = 64, audits = 8;
  double slash = 1, stake = 1000;
};

// A trace of steps as the legs of one request; some are corrupted, some are audited. Returns the mean loss.
Mean loss(const Trace& t, std::uint32_t stream, int rounds) {
  const auto posp = policy("posp", fmt::format("slash = {}\nvalidator_reward = 0.0\nchallenge_tax = 0.0", t.slash));
  Scene scene(*posp);
  const NodeId node = scene.add(t.stake);
  sim::Draw draw(7, sim::Stream::incentive, stream);
  Mean mean;
  std::vector<int> order(static_cast<std::size_t>(t.steps));
  for (int round = 0; round < rounds; ++round) {
    for (int s = 0; s < t.steps; ++s) order[static_cast<std::size_t>(s)] = s;
    std::vector<bool> open(order.size(), false);
    for (int a = 0; a < t.audits; ++a) {
      std::swap(order[static_cast<std::size_t>(a)],
                order[static_cast<std::size_t>(a) + draw.below(order.size() - static_cast<std::size_t>(a))]);
      open[static_cast<std::size_t>(order[static_cast<std::size_t>(a)])] = true;
    }
    scene.clear();
    scene.request(0);
    for (int s = 0; s < t.steps; ++s) {
      scene.leg(node, s);
      if (open[static_cast<std::size_t>(s)]) scene.audit(s < t.corrupted ? Verdict::rejected : Verdict::accepted);
    }
    scene.settle();
    mean.add(scene.slashed(node));
  }
  return mean;
}

Rows traces() {
  constexpr double gain = 0.1;  // a corrupted step; all 64 bring 6.4
  Rows rows;
  const auto audits_profit = [&](int audits) {
    return 16 * gain - loss({.corrupted = 16, .audits = audits}, 23, 20'000).value();
  };
  rows.push_back({"I6", "committed trace: audits that deter T g = 6.4 at a slash of 1", 6.4,
                  crossing(4, audits_profit(4), 10, audits_profit(10)), 0.05, 0.15});
  const auto stake_profit = [&](double stake) {
    return 64 * gain - loss({.audits = 32, .stake = stake}, 24, 10).value();
  };
  rows.push_back({"I6", "committed trace: stake that deters T g = 6.4, however many audits", 6.4,
                  crossing(4, stake_profit(4), 8, stake_profit(8)), 0, 1e-6});
  // The same in a game: steps are claims, half of the nodes corrupt all of theirs, and audits are drawn. Steps are paid
  // nothing, so that a rejected one loses the slash and no more.
  const Economy steps{.reward = 0, .cost = 0.1, .saving = gain, .tpr = 1, .fpr = 0, .slash = 1};
  const auto gap = [&steps](double audits) { return play(steps, audits / 64, 0.5, 25).gap; };
  rows.push_back({"I6", "committed trace, played: audits of 64 steps that deter T g = 6.4 at a slash of 1", 6.4,
                  crossing(5, gap(5), 8, gap(8)), 64 * boundary_error(steps, 0.1), 0.15});
  for (int n : {5, 20, 100}) {
    const int corrupted = static_cast<int>(std::lround(1000 * (1 - std::exp2(-1.0 / n))));
    Mean caught;
    sim::Draw draw(7, sim::Stream::incentive, static_cast<std::uint32_t>(30 + n));
    for (int round = 0; round < 40'000; ++round) {
      bool hit = false;
      for (int a = 0; a < n; ++a) hit = draw.below(1000) < static_cast<std::uint64_t>(corrupted) || hit;
      caught.add(hit);
    }
    rows.push_back({"I6",
                    fmt::format("{} openings of 1000 steps miss {} corrupted ones half of the time", n, corrupted), 0.5,
                    1 - caught.value(), caught.half_width(), 0.012});
  }
  return rows;
}

}  // namespace

Rows checker_rows() {
  Rows rows = jackpots();
  for (Row& row : bribery()) rows.push_back(std::move(row));
  for (Row& row : traces()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace orrery::experiments::rows
