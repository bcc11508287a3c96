// From measured detectors to economies: with the rates that were counted on real activations, which audit rate and
// which stake make honesty the better reply and still pay for it.
#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "experiments/rows/economy.hpp"
#include "experiments/rows/matrix.hpp"
#include "experiments/rows/row.hpp"
#include "experiments/rows/scene.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::detection::Interval;

// A claim pays 1.2 coins and costs 1, all of which a cheat is taken to save: what is deterred here is deterred for any
// cheaper cheat.
constexpr Economy economy;
constexpr double margin = economy.reward - economy.cost;
constexpr double limit = margin / (margin + economy.saving);  // of f/d

struct Pair : Measured {
  // Blind: nothing says that it rejects the cheat more often than honest work. Infeasible: it does, and no audit rate
  // and no stake deter the cheat and leave honest nodes a profit. Sound: they do, whatever the rates are within their
  // intervals. Likely: they do at the rates as counted.
  const char* verdict() const {
    if (blind()) return "blind";
    if (f.value() / d.value() > limit) return "infeasible";
    return f_range().high / d_range().low <= limit ? "sound" : "likely";
  }
  double gap() const { return d.value() - f.value(); }
};

std::vector<Pair> pairs() {
  std::vector<Pair> list;
  for (Measured& measured : measured_pairs()) list.push_back({std::move(measured)});
  return list;
}

// The pair's place in the matrix of cheats and verifiers: what was expected, whether it came, why it did not.
std::string matrix_columns(const Pair& pair) {
  const Expected e = expected(pair);
  const char* name = e == Expected::sees      ? "sees"
                     : e == Expected::blind   ? "blind"
                     : e == Expected::measure ? "measure"
                                              : "-";
  return fmt::format("\t{}\t{}\t{}\n", name, as_expected(pair) ? 1 : 0, why(pair).empty() ? "-" : why(pair));
}

// The boundary that is simulated for a pair of rates, and what honest nodes earn there.
Rows boundary(const Pair& pair) {
  Economy e;
  e.tpr = pair.d.value(), e.fpr = pair.f.value();
  // The closer the rates, the more claims it takes to see the boundary as sharply.
  e.jobs = static_cast<std::int64_t>(600'000 * (e.tpr + e.fpr) / (e.tpr - e.fpr));
  // A weak detector needs more at stake, or it would have to look at every claim.
  e.slash = std::max(e.slash, e.saving / (0.25 * pair.gap()) - e.reward);
  const double expected = e.saving / (pair.gap() * (e.reward + e.slash));
  const double low = 0.8 * expected, high = 1.2 * expected;
  const Profits at_low = play(e, low, 0.5, 81), at_high = play(e, high, 0.5, 82);
  const double found = crossing(low, at_low.gap, high, at_high.gap);
  const double honest = 0.5 * (at_low.honest + at_high.honest), due = margin - e.fpr / pair.gap() * e.saving;
  const double error = 1.96 * std::sqrt(expected * e.fpr / static_cast<double>(e.jobs)) * (e.reward + e.slash);
  const std::string who = fmt::format("{} against {} among {} devices (d {:.3g}, f {:.3g})", pair.at.detector,
                                      pair.cheat, pair.at.population, e.tpr, e.fpr);
  Rows rows = {{"I1", fmt::format("measured: {}: audit rate that deters at S {:.3g}", who, e.slash), expected, found,
                boundary_error(e, expected), 0.03 * expected}};
  // Without false alarms the honest keep the margin, whatever the audits.
  if (e.fpr == 0) return rows;
  rows.push_back({"I1",
                  fmt::format("measured: the same: profit of the honest there, {}", due < 0 ? "a loss" : "a gain"), due,
                  honest, error, std::max(0.01, 2 * error)});
  return rows;
}

}  // namespace

// Mixed devices are the hardest population; of pairs with equal rates the first stands for all.
Rows bridge_rows() {
  Rows rows;
  std::set<std::pair<double, double>> seen;
  for (const Pair& pair : pairs()) {
    if (pair.at.population != "mixed" || pair.verdict() == std::string("blind")) continue;
    if (!seen.emplace(pair.d.value(), pair.f.value()).second) continue;
    for (Row& row : boundary(pair)) rows.push_back(std::move(row));
  }
  return rows;
}

std::string bridge_text() {
  std::string text =
      "population\tdetector\tcheat\td\td_low\td_high\tf\tf_low\tf_high\tverdict\taudit_rate_at_S20\tleast_stake_at_5%"
      "\tmost_stake_at_5%\tlargest_saving\texpected\tcame\twhy\n";
  for (const Pair& p : pairs()) {
    const Interval d = p.d_range(), f = p.f_range();
    text += fmt::format("{}\t{}\t{}\t{:.4g}\t{:.4g}\t{:.4g}\t{:.4g}\t{:.4g}\t{:.4g}\t{}", p.at.population,
                        p.at.detector, p.cheat, p.d.value(), d.low, d.high, p.f.value(), f.low, f.high, p.verdict());
    if (p.verdict() == std::string("blind")) {
      text += "\t-\t-\t-\t-" + matrix_columns(p);
      continue;
    }
    constexpr double rate = 0.05;
    const double ceiling = margin / (rate * p.f.value()) - economy.reward;  // infinite where nobody honest was rejected
    text +=
        fmt::format("\t{:.4g}\t{:.4g}\t{:.4g}\t{:.4g}", economy.saving / (p.gap() * (economy.reward + economy.slash)),
                    std::max(0.0, economy.saving / (rate * p.gap()) - economy.reward), std::max(0.0, ceiling),
                    std::min(economy.cost, margin * p.gap() / p.f.value())) +
        matrix_columns(p);
  }
  return text;
}

}  // namespace orrery::experiments::rows
