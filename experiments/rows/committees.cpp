// Committees and audits over time: who is drawn, what majorities get wrong, how long a cheat or an honest node
// survives.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"
#include "sim/game/game.hpp"
#include "sim/ledger/sortition.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::NodeId;

double binomial_half_width(double share, double count) { return 1.96 * std::sqrt(share * (1 - share) / count); }

struct Share {
  int size;
  double expected;
};

// Nodes 0..bad-1 are one clique. How often they have a majority of a committee that the random function drew.
Rows capture(std::uint32_t bad, const std::vector<Share>& sizes, bool by_stake) {
  constexpr std::uint32_t nodes = 100, epochs = 10, tasks = 2000;
  std::vector<double> captured(sizes.size(), 0);
  const std::vector<double> stakes(nodes, 1.0);
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const sim::ledger::Sortition sortition(7, 100 * bad + epoch, nodes);
    for (std::uint64_t task = 0; task < tasks; ++task) {
      const auto most = static_cast<std::size_t>(sizes.back().size);
      const std::vector<NodeId> drawn =
          by_stake ? sortition.seats(task, most, stakes) : sortition.committee(task, most);
      // The first k of a larger draw are a draw of k.
      int held = 0;
      std::size_t k = 0;
      for (std::size_t seat = 0; seat < most; ++seat) {
        held += drawn[seat].index() < bad;
        if (static_cast<int>(seat) + 1 != sizes[k].size) continue;
        captured[k] += 2 * held > sizes[k].size;
        ++k;
      }
    }
  }
  Rows rows;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const double half = binomial_half_width(sizes[k].expected, epochs * tasks);
    rows.push_back({"V7",
                    fmt::format("committee of {}{}: majority of a clique of {} in 100", sizes[k].size,
                                by_stake ? " seats by stake" : "", bad),
                    sizes[k].expected, captured[k] / (epochs * tasks), half, 2 * half});
  }
  return rows;
}

double log_choose(int n, int k) { return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0); }

// The chance that at least `wanted` of `seats` more members are bad, drawn among `nodes` of which `bad` are.
double at_least(int wanted, int seats, int nodes, int bad) {
  double chance = 0;
  for (int x = std::max(wanted, 0); x <= std::min(seats, bad); ++x) {
    if (seats - x > nodes - bad) continue;
    chance += std::exp(log_choose(bad, x) + log_choose(nodes - bad, seats - x) - log_choose(nodes, seats));
  }
  return chance;
}

// A committee of 51 is captured once in 12,000 draws. So the random function draws the first 25 seats, and the chance
// that the rest of its draw, uniform over who is left, makes a majority is worked out: same mean, a hundredth of the
// variance.
Row rare_capture(double expected) {
  constexpr int nodes = 100, bad = 33, size = 51, drawn = 25, tasks = 20'000;
  const sim::ledger::Sortition sortition(7, 51, nodes);
  double sum = 0, squares = 0;
  for (std::uint64_t task = 0; task < tasks; ++task) {
    const std::vector<NodeId> members = sortition.committee(task, drawn);
    const auto held = static_cast<int>(
        std::count_if(members.begin(), members.end(), [](NodeId member) { return member.index() < bad; }));
    const double chance = at_least(size / 2 + 1 - held, size - drawn, nodes - drawn, bad - held);
    sum += chance, squares += chance * chance;
  }
  const double mean = sum / tasks;
  const double half = 1.96 * std::sqrt((squares / tasks - mean * mean) / tasks);
  return {"V7", "committee of 51: majority of a clique of 33 in 100", expected, mean, half, 2 * half};
}

std::unique_ptr<sim::strategy::StrategyPolicy> stay() {
  return sim::config::Registry<sim::strategy::StrategyPolicy>::instance().make("fixed");
}

// Honest claims, each judged by 2m-1 auditors that err with probability 0.1: how often the majority is wrong.
Row majority(int auditors, double expected) {
  sim::game::GameParams p;
  p.jobs = 300'000;
  p.epoch_jobs = 5000;
  p.cheaters = 0, p.fpr = 0.1, p.audit_rate = 1, p.auditors = auditors;
  const auto volume = policy("volume");
  const auto fixed = stay();
  sim::game::Game game(p, *volume, *fixed, 71);
  double rejected = 0, all = 0;
  game.on_epoch([&](const sim::incentive::Epoch& epoch) {
    for (const auto& account : epoch.accounts) {
      rejected += static_cast<double>(account.rejected);
      all += static_cast<double>(account.accepted + account.rejected);
    }
  });
  game.play();
  const double half = binomial_half_width(expected, all);
  return {"V8",    fmt::format("majority of {} auditors, each wrong in 10 %", auditors), expected, rejected / all, half,
          2 * half};
}

// A tenth of the nodes cheats on a tenth of its claims, a tenth of all claims is checked, and whoever is caught is out:
// the share of wrong results after 100 claims a node, which Sarmenta bounds by f / ((1-f) q n e).
Row spot_checks() {
  sim::game::GameParams p;
  p.nodes = 40'000;
  p.epoch_jobs = p.nodes;
  p.jobs = 110 * p.nodes;
  p.cheaters = 0.1, p.cheat_rate = 0.099, p.tpr = 1, p.fpr = 0;
  p.deposit = 1, p.rebond = false;
  const auto posp = policy("posp", "challenge_rate = 0.1\nslash = 1.0\nvalidator_reward = 0.0\nchallenge_tax = 0.0");
  const auto fixed = stay();
  sim::game::Game game(p, *posp, *fixed, 72);
  double wrong = 0, claims = 0;
  while (game.played() < p.jobs) {
    game.play_epoch();
    if (game.played() <= 95 * p.nodes || game.played() > 105 * p.nodes) continue;
    for (const auto& player : game.players()) wrong += player.now.cheated, claims += player.now.claims;
  }
  const double expected = 0.00391;
  return {"V8",
          "spot checks with expulsion: wrong results after 100 claims a node (f 0.1, q 0.1)",
          expected,
          wrong / claims,
          1.6 * binomial_half_width(expected, claims),
          0.12 * expected};
}

// How many full-time cheats are still undetected after 20 cheated claims, of which 5 % are audited with d = 0.9.
Row detection() {
  sim::game::GameParams p;
  p.nodes = 4000, p.epoch_jobs = p.nodes, p.jobs = 40 * p.nodes;
  p.cheaters = 1, p.tpr = 0.9, p.audit_rate = 0.05;
  const auto volume = policy("volume");
  const auto fixed = stay();
  sim::game::Game game(p, *volume, *fixed, 73);
  game.play();
  double caught = 0, all = 0;
  for (const auto& player : game.players()) {
    if (player.total.cheated < 20) continue;
    all += 1;
    caught += player.caught_after >= 0 && player.caught_after <= 20;
  }
  const double expected = 1 - std::pow(1 - 0.9 * 0.05, 20), half = binomial_half_width(expected, all);
  return {"V12", "cheats found within 20 claims (p 0.05, d 0.9)", expected, caught / all, half, 2 * half};
}

// Honest nodes that are slashed for every rejection: how many never are, when p f n = 0.2.
Row survival() {
  sim::game::GameParams p;
  p.nodes = 4000, p.epoch_jobs = p.nodes, p.jobs = 1000 * p.nodes;
  p.cheaters = 0, p.fpr = 0.01;
  const auto posp = policy("posp", "challenge_rate = 0.02\nslash = 1.0\nvalidator_reward = 0.0\nchallenge_tax = 0.0");
  const auto fixed = stay();
  sim::game::Game game(p, *posp, *fixed, 74);
  game.play();
  double clean = 0;
  for (const auto& player : game.players()) clean += player.total.slash == 0;
  const double half = binomial_half_width(0.8187, 4000);
  return {"V12", "honest nodes never slashed in 1000 claims (p 0.02, f 0.01)", 0.8187, clean / 4000, half, 2 * half};
}

// Nodes with this share of cheated claims, audited 400 times by a detector with d 0.9 and f 0.05: how many assay ever
// slashes.
double ever_slashed(double cheating, std::uint32_t stream) {
  using sim::incentive::Verdict;
  const auto assay = policy("assay", "tpr = 0.9\nfpr = 0.05\nfalse_slash = 0.05");
  constexpr std::uint32_t nodes = 4000;
  Scene scene(*assay);
  for (std::uint32_t n = 0; n < nodes; ++n) scene.add(100);
  std::vector<bool> slashed(nodes, false);
  sim::Draw draw(7, sim::Stream::incentive, stream);
  for (int round = 0; round < 400; ++round) {
    scene.clear();
    for (std::uint32_t n = 0; n < nodes; ++n) {
      const double rate = draw.uniform() < cheating ? 0.9 : 0.05;
      const bool rejected = draw.uniform() < rate;
      auto& account = scene.epoch().accounts[n];
      ++(rejected ? account.rejected : account.accepted);
    }
    scene.settle();
    for (std::uint32_t n = 0; n < nodes; ++n) slashed[n] = slashed[n] || scene.slashed(NodeId(n)) > 0;
  }
  return static_cast<double>(std::count(slashed.begin(), slashed.end(), true)) / nodes;
}

Rows sequential() {
  const double honest = ever_slashed(0, 75), rare = ever_slashed(0.2, 76);
  return {{"V12", "assay: honest nodes slashed in 400 audits, between 0 and the promised 0.05 (Ville)", 0.025, honest,
           binomial_half_width(0.02, 4000), 0.025},
          {"V12", "assay: nodes that cheat on a fifth of their claims slashed in 400 audits", 1, rare, 0, 0.01}};
}

}  // namespace

Rows committee_rows() {
  Rows rows = capture(33, {{3, .2525}, {5, .1998}, {7, .1601}, {11, .1040}, {21, .0332}}, false);
  const auto add = [&rows](Rows more) {
    for (Row& row : more) rows.push_back(std::move(row));
  };
  add({rare_capture(8.46e-5)});
  add(capture(10, {{3, .02579}, {5, .00664}, {7, .00161}}, false));
  add(capture(33, {{3, .2548}, {5, .2050}, {7, .1682}, {11, .1171}, {21, .0520}, {51, .00594}}, true));
  add({majority(3, .028), majority(5, .00856), majority(7, .00273), spot_checks(), detection(), survival()});
  add(sequential());
  return rows;
}

}  // namespace orrery::experiments::rows
