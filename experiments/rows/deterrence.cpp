// When honesty pays: detectors that err, random challenges, inspection games, a slash for one check in 500.
#include <cmath>

#include <fmt/format.h>

#include "experiments/rows/economy.hpp"
#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::incentive::Verdict;

// The rate of audits from which honest nodes earn more than cheaters.
Row boundary(const Economy& e, double expected) {
  const double low = 0.8 * expected, high = 1.2 * expected;
  const double at_low = play(e, low, 0.5, 1).gap, at_high = play(e, high, 0.5, 2).gap;
  const double found = crossing(low, at_low, high, at_high);
  return {"I1",
          fmt::format("audit rate where cheating stops paying (saving {}, d {}, f {}, S {}, R {})", e.saving, e.tpr,
                      e.fpr, e.slash, e.reward),
          expected,
          found,
          boundary_error(e, expected),
          0.03 * expected};
}

Row stake_ceiling() {
  Economy e{.fpr = 0.1};
  const double p = 0.2, expected = 0.2 / (p * e.fpr) - e.reward;
  const auto honest = [&](double slash, std::uint64_t seed) {
    e.slash = slash;
    return play(e, p, 0, seed).honest;
  };
  const double low = 0.5 * expected, high = 1.5 * expected;
  const double found = crossing(low, honest(low, 3), high, honest(high, 4));
  const double sd = std::sqrt(p * e.fpr) * (e.reward + expected) / std::sqrt(1.2e6) / (p * e.fpr);
  return {"I1",           "slash above which false alarms ruin honest nodes (p 0.2, f 0.1)", expected, found, 1.96 * sd,
          0.03 * expected};
}

// At the audit rate that just deters, the false positive rate from which honest nodes lose: f/d.
Row feasibility(double saving, double expected) {
  Economy e{.saving = saving, .slash = 2};
  const auto honest = [&](double ratio, std::uint64_t seed) {
    e.fpr = ratio * e.tpr;
    return play(e, saving / ((e.tpr - e.fpr) * (e.reward + e.slash)), 0, seed).honest;
  };
  const double low = 0.95 * expected, high = 1.05 * expected;  // the line is straight only near its zero
  const double found = crossing(low, honest(low, 5), high, honest(high, 6));
  return {"I1",
          fmt::format("f/d above which no stake works (R 1.2, C 1, saving {})", saving),
          expected,
          found,
          0.01 * expected,
          0.03 * expected};
}

// One job under posp: what the executor, and a validator that is its accomplice, gain. Payoff table: an unchallenged
// cheat is paid R; one confirmed by an accomplice R twice; one that an honest validator finds loses S.
double cheats_income(Scene& scene, bool challenged, bool accomplice) {
  const sim::NodeId executor(0), validator(1);
  scene.clear();
  scene.request(1);
  scene.leg(executor);
  if (challenged) {
    const Verdict verdict = accomplice ? Verdict::accepted : Verdict::rejected;
    scene.audit(verdict, {{validator, verdict}});
  }
  scene.settle(1000);
  return scene.income(executor) + (challenged && accomplice ? scene.income(validator) : 0);
}

// Challenged payoff, averaged over who is drawn.
Mean challenged_income(Scene& scene, double colluding, std::uint32_t stream) {
  sim::Draw draw(7, sim::Stream::incentive, stream);
  Mean mean;
  for (int i = 0; i < 200'000; ++i) mean.add(cheats_income(scene, true, draw.uniform() < colluding));
  return mean;
}

Rows sampling() {
  Rows rows;
  // Fees of one coin stand for R; income is scaled by it.
  const auto scene_for = [](double reward, double slash) {
    return policy("posp", fmt::format("slash = {}\nvalidator_reward = 1.0\nchallenge_tax = 0.0", slash / reward));
  };
  struct Case {
    double reward, slash, colluding, expected;
  };
  for (const Case& c : {Case{1.2, 150, 0.1, 0.007355}, Case{1.2, 150, 0, 0.006614}, Case{2, 2, 0.25, 0.4}}) {
    const auto posp = scene_for(c.reward, c.slash);
    Scene scene(*posp);
    for (int n = 0; n < 2; ++n) scene.add(1e4);
    const double quiet = c.reward * cheats_income(scene, false, false);
    const Mean loud = challenged_income(scene, c.colluding, 11);
    const double honest = c.reward - 1;
    const double found = (quiet - honest) / (quiet - c.reward * loud.value());
    rows.push_back(
        {"I2",
         fmt::format("PoSP challenge rate that deters (C 1, R {}, S {}, colluding {})", c.reward, c.slash, c.colluding),
         c.expected, found, found * c.reward * loud.half_width() / (quiet - c.reward * loud.value()),
         0.01 * c.expected});
  }
  const auto posp = scene_for(1.2, 150);
  Scene scene(*posp);
  for (int n = 0; n < 2; ++n) scene.add(1e4);
  const double p = 0.01, quiet = 1.2 * cheats_income(scene, false, false);
  const Mean few = challenged_income(scene, 0.2, 12), many = challenged_income(scene, 0.5, 13);
  const auto gain = [&](const Mean& loud) { return (1 - p) * quiet + p * 1.2 * loud.value() - 0.2; };
  rows.push_back({"I2", "PoSP colluding share at which cheating pays again (p 1 %)", 0.336,
                  crossing(0.2, gain(few), 0.5, gain(many)), 0.003, 0.01});
  return rows;
}

// An executor that may cheat (gain G, deposit S) and a checker that may look (cost C, reward R for a finding, loss L
// for one that it missed) learn by fictitious play: each answers what the other has done so far. Payments are
// truebit's.
Rows inspection() {
  constexpr double gain = 1, deposit = 9, cost = 0.5, reward = 3, loss = 2;
  const auto truebit =
      policy("truebit", fmt::format("tax = 0.0\ndeposit = {}\nchallenger_share = {}", deposit, reward / deposit));
  Scene scene(*truebit);
  const sim::NodeId executor = scene.add(100), checker = scene.add();
  scene.request(1);
  scene.leg(executor);
  scene.audit(Verdict::rejected, {{checker, Verdict::rejected}});
  scene.settle();
  const double fine = -scene.income(executor), prize = scene.paid(checker);
  double cheated = 0, looked = 0;
  constexpr int rounds = 4'000'000;
  for (int n = 1; n <= rounds; ++n) {
    const double x = n > 1 ? cheated / (n - 1) : 0.5, q = n > 1 ? looked / (n - 1) : 0.5;
    const bool cheats = (1 - q) * gain - q * fine > 0;
    const bool looks = x * prize - cost > -x * loss;
    cheated += cheats;
    looked += looks;
  }
  return {{"I3", "inspection game: share of cheating in equilibrium, C/(R+L)", 0.1, cheated / rounds, 0, 0.003},
          {"I3", "inspection game: share of checking in equilibrium, G/(G+S)", 0.1, looked / rounds, 0, 0.003}};
}

// A validator that never looks is fined when the executor was told to err: it starts to look where P A exceeds its
// cost.
Row attention() {
  constexpr double challenge = 0.33, cost = 0.001;
  const auto fined = [&](double amount) {
    const auto posp = policy("posp", fmt::format("slash = {}\nvalidator_reward = 0.0", amount));
    Scene scene(*posp);
    const sim::NodeId executor = scene.add(1), lazy = scene.add(1);
    sim::Draw draw(7, sim::Stream::incentive, 14);
    Mean mean;
    for (int i = 0; i < 200'000; ++i) {
      const bool forced = draw.uniform() < challenge;
      scene.clear();
      scene.request(0);
      scene.leg(executor);
      scene.audit(forced ? Verdict::rejected : Verdict::accepted, {{lazy, Verdict::accepted}}, forced);
      scene.settle();
      mean.add(scene.slashed(lazy));
    }
    return mean;
  };
  const Mean small = fined(0.001), large = fined(0.005);
  const double found = crossing(0.001, small.value() - cost, 0.005, large.value() - cost);
  return {"I3",
          "attention challenge: fine that wakes a lazy validator, C/P",
          cost / challenge,
          found,
          large.half_width() / large.value() * found,
          0.02 * cost / challenge};
}

Row livepeer() {
  const auto incentive = policy("livepeer", "first_inflation = 0.0\ninflation_change = 0.0");
  const double rate = *incentive->audit_rate({});
  const auto loss = [&](double stake) {
    Scene scene(*incentive);
    const sim::NodeId node = scene.add(stake);
    scene.request(0);
    scene.leg(node);
    scene.audit(Verdict::rejected);
    scene.settle();
    return rate * scene.slashed(node);
  };
  const double saving = 1;
  return {"I7",   "Livepeer: stake that makes transcoding worth a saving of 1 coin",
          10'000, crossing(5000, loss(5000) - saving, 15'000, loss(15'000) - saving),
          0,      1};
}

}  // namespace

Rows deterrence_rows() {
  Rows rows = {boundary({}, 0.05018),
               boundary({.saving = 0.5, .tpr = 0.8, .fpr = 0.05, .slash = 10}, 0.5 / (0.75 * 11.2)), stake_ceiling(),
               feasibility(1, 1.0 / 6), feasibility(0.5, 0.2 / 0.7)};
  for (Row& row : sampling()) rows.push_back(std::move(row));
  for (Row& row : inspection()) rows.push_back(std::move(row));
  rows.push_back(attention());
  rows.push_back(livepeer());
  return rows;
}

}  // namespace orrery::experiments::rows
