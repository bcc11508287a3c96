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
  return {"V8",     fmt::format("majority of {} auditor{}, each wrong in 10 %", auditors, auditors > 1 ? "s" : ""),
          expected, rejected / all,
          half,     2 * half};
}

// A tenth of the nodes cheats on a tenth of its claims, a tenth of all claims is checked, and whoever is caught is out:
// the share of wrong results after n claims a node, which Sarmenta bounds by f / ((1-f) q n e) whatever the cheats do.
Rows spot_checks() {
  constexpr double f = 0.1, q = 0.1, s = 0.099;  // the s that is worst at n = 100
  sim::game::GameParams p;
  p.nodes = 40'000;
  p.epoch_jobs = p.nodes;
  p.jobs = 110 * p.nodes;
  p.cheaters = f, p.cheat_rate = s, p.tpr = 1, p.fpr = 0;
  p.deposit = 1, p.rebond = false;
  const auto posp = policy("posp", "challenge_rate = 0.1\nslash = 1.0\nvalidator_reward = 0.0\nchallenge_tax = 0.0");
  const auto fixed = stay();
  sim::game::Game game(p, *posp, *fixed, 72);
  Rows rows;
  // Work of who is out goes to who is left, so n is counted and not the number of epochs.
  double n = 0;
  for (const double at : {20.0, 50.0, 100.0}) {
    double wrong = 0, claims = 0, expected = 0, epochs = 0;
    while (n < 1.05 * at) {
      game.play_epoch();
      double worked = 0, honest = 0;
      for (const auto& player : game.players()) {
        if (player.action == 0) worked += player.total.claims, honest += 1;
      }
      n = worked / honest;
      if (n < 0.95 * at) continue;
      for (const auto& player : game.players()) wrong += player.now.cheated, claims += player.now.claims;
      const double left = f * std::pow(1 - q * s, n);
      expected += s * left / (1 - f + left), epochs += 1;
    }
    expected /= epochs;
    // Cheats that are left err again and again: both numbers vary.
    const double half = 1.6 * binomial_half_width(expected, claims);
    rows.push_back({"V8",
                    fmt::format("spot checks with expulsion: wrong results after {} claims a node (f 0.1, q 0.1)", at),
                    expected, wrong / claims, half, 1.2 * half});
    const double bound = f / ((1 - f) * q * at * std::exp(1));
    rows.push_back({"V8", fmt::format("the same: between 0 and Sarmenta's bound for any cheat, {:.3g}", bound),
                    bound / 2, wrong / claims, half, bound / 2});
  }
  return rows;
}

// How many nodes that cheat on a share of their claims are found within n claims, of which `audits` are audited with
// d = 0.9. Who has made n claims at the end of an epoch counts; how many one makes does not hang on being found.
Rows detection(double share, double audits, std::uint64_t seed) {
  constexpr double tpr = 0.9;
  sim::game::GameParams p;
  p.nodes = 10'000, p.epoch_jobs = p.nodes, p.jobs = 60 * p.nodes;
  p.cheaters = 1, p.cheat_rate = share, p.tpr = tpr, p.fpr = 0, p.audit_rate = audits;
  const auto volume = policy("volume");
  const auto fixed = stay();
  sim::game::Game game(p, *volume, *fixed, seed);
  const std::vector<double> lengths = {5, 10, 20, 40};
  std::vector<double> caught(lengths.size(), 0), all(lengths.size(), 0);
  std::vector<double> before(static_cast<std::size_t>(p.nodes), 0);
  while (game.played() < p.jobs) {
    game.play_epoch();
    for (std::size_t i = 0; i < before.size(); ++i) {
      const auto& player = game.players()[i];
      const auto k =
          static_cast<std::size_t>(std::find(lengths.begin(), lengths.end(), player.total.claims) - lengths.begin());
      if (k < lengths.size() && before[i] < lengths[k]) {
        all[k] += 1;
        caught[k] += player.caught_after >= 0;
      }
      before[i] = player.total.claims;
    }
  }
  Rows rows;
  for (std::size_t k = 0; k < lengths.size(); ++k) {
    const double expected = 1 - std::pow(1 - share * audits * tpr, lengths[k]);
    const double half = binomial_half_width(expected, all[k]);
    rows.push_back(
        {"V12",
         fmt::format("cheats found within {} claims (x {}, p {}, d 0.9), 1-(1-xpd)^n", lengths[k], share, audits),
         expected, caught[k] / all[k], half, 2 * half});
  }
  return rows;
}

// Honest nodes that are slashed for every rejection: how many never are, up to p f n = 0.2.
Rows survival() {
  sim::game::GameParams p;
  p.nodes = 4000, p.epoch_jobs = p.nodes, p.jobs = 1000 * p.nodes;
  p.cheaters = 0, p.fpr = 0.01;
  const auto posp = policy("posp", "challenge_rate = 0.02\nslash = 1.0\nvalidator_reward = 0.0\nchallenge_tax = 0.0");
  const auto fixed = stay();
  sim::game::Game game(p, *posp, *fixed, 74);
  Rows rows;
  for (const int claims : {250, 500, 1000}) {
    while (game.played() < claims * p.nodes) game.play_epoch();
    double clean = 0;
    for (const auto& player : game.players()) clean += player.total.slash == 0;
    const double nodes = static_cast<double>(p.nodes);
    const double expected = std::pow(1 - 0.02 * 0.01, claims), half = binomial_half_width(expected, nodes);
    rows.push_back({"V12", fmt::format("honest nodes never slashed in {} claims (p 0.02, f 0.01), (1-pf)^n", claims),
                    expected, clean / nodes, half, 2 * half});
  }
  return rows;
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
  add({majority(1, .1), majority(3, .028), majority(5, .00856), majority(7, .00273)});
  add(spot_checks());
  add(detection(1, 0.05, 73));
  add(detection(0.3, 0.2, 77));
  add(survival());
  add(sequential());
  return rows;
}

}  // namespace orrery::experiments::rows
