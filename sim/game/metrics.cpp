// What a game measures.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/game/game.hpp"
#include "sim/game/inequality.hpp"

namespace orrery::sim::game {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

// Mean over the second half of an epoch series, of the epochs where it is defined.
double late(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (std::size_t i = values.size() / 2; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    sum += values[i];
    count += 1;
  }
  return sum / count;  // NaN: nowhere
}

// Total profit over deposit of the honest tenth with the smallest sizes.
double small_return(const std::vector<Player>& players, double deposit) {
  std::vector<std::pair<double, double>> honest;
  for (const Player& p : players) {
    if (p.action == 0 && p.total.cheated == 0) honest.emplace_back(p.size, p.total.profit());
  }
  // By size alone: among equals the poorest would not be a sample.
  std::stable_sort(honest.begin(), honest.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::size_t tenth = (honest.size() + 9) / 10;
  double profit = 0;
  for (std::size_t i = 0; i < tenth; ++i) profit += honest[i].second;
  return tenth > 0 && deposit > 0 ? profit / static_cast<double>(tenth) / deposit : undefined;
}

double mean_caught_after(const std::vector<Player>& players) {
  double sum = 0, caught = 0;
  for (const Player& p : players) {
    if (p.caught_after >= 0) sum += p.caught_after, caught += 1;
  }
  return sum / caught;  // NaN: nobody was
}

}  // namespace

Deeds Game::deeds_of(int action) const {
  Deeds d;
  for (const Player& p : players_) {
    if (action < 0 ? p.action == 0 : p.action != action) continue;
    d.claims += p.total.claims, d.cheated += p.total.cheated, d.passed += p.total.passed, d.cost += p.total.cost;
    d.pay += p.total.pay, d.slash += p.total.slash;
  }
  return d;
}

double Game::profit_per_claim(int action) const {
  const Deeds d = deeds_of(action);
  return d.claims > 0 ? d.profit() / d.claims : undefined;
}

RunResult Game::result() const {
  Deeds all;
  std::vector<double> income;
  double junk_pay = 0;
  for (const Player& p : players_) {
    const Deeds& t = p.total;
    all.claims += t.claims, all.cheated += t.cheated, all.passed += t.passed, all.pay += t.pay, all.slash += t.slash;
    income.push_back(coins(t.pay));
    if (t.claims > 0) junk_pay += coins(t.pay) * t.cheated / t.claims;
  }
  const Deeds honest = deeds_of(0), cheaters = deeds_of(-1);
  const double good = all.claims - all.cheated, fees = params_.fee * all.claims;
  double honest_nodes = 0, cheat_nodes = 0;
  for (const Player& p : players_) (p.action == 0 ? honest_nodes : cheat_nodes) += 1;

  RunResult result;
  auto& m = result.metrics;
  m.push_back({"jobs", "job", "jobs of the game", static_cast<double>(played_)});
  m.push_back({"jobs_unserved", "job", "jobs that too few nodes were left for", static_cast<double>(unserved_)});
  m.push_back({"claims", "claim", "claims that nodes made", all.claims});
  m.push_back({"audit_share", "1", "audits a claim", static_cast<double>(audits_) / all.claims});
  m.push_back({"profit_honest", "coin/claim", "profit of nodes that end honest", profit_per_claim(0)});
  m.push_back({"profit_cheat", "coin/claim", "profit of nodes that end as cheaters", profit_per_claim(-1)});
  m.push_back({"profit_gap", "coin/claim", "honest less cheating profit", profit_per_claim(0) - profit_per_claim(-1)});
  for (std::size_t c = 0; c < cheats_.size(); ++c) {
    const std::string name = c == 0 ? "first" : cheats_[c].name;
    m.push_back({"profit_gap_" + name, "coin/claim", "honest less this cheat's profit",
                 profit_per_claim(0) - profit_per_claim(static_cast<int>(c) + 1)});
  }
  m.push_back({"cheater_share", "1", "nodes that cheat at the end", cheat_nodes / (honest_nodes + cheat_nodes)});
  m.push_back(
      {"cheater_share_late", "1", "nodes that cheat, averaged over the second half", late(timeline_[1].values)});
  m.push_back({"profit_honest_late", "coin/claim", "profit of those honest at the time, second half",
               late(timeline_[2].values)});
  m.push_back({"profit_cheat_late", "coin/claim", "profit of those cheating at the time, second half",
               late(timeline_[3].values)});
  m.push_back({"junk_share", "1", "claims that were cheated on", all.cheated / all.claims});
  m.push_back({"undetected_share", "1", "cheated claims that no audit rejected", all.passed / all.cheated});
  m.push_back({"junk_revenue_share", "1", "pay for cheated claims, of all pay", junk_pay / coins(all.pay)});
  m.push_back(
      {"caught_after", "claim", "cheated claims until a cheater was first caught", mean_caught_after(players_)});
  m.push_back({"false_slash", "coin/claim", "slashed from nodes that end honest", coins(honest.slash) / honest.claims});
  m.push_back({"cheater_slash", "coin/claim", "slashed from cheaters", coins(cheaters.slash) / cheaters.claims});
  m.push_back({"audit_cost", "coin/claim", "what looking cost, for each claim", audit_cost_ / all.claims});
  m.push_back({"price_of_good", "coin/claim", "what users paid for each claim that was not cheated on", fees / good});
  m.push_back({"gini", "1", "inequality of pay between nodes", gini(income)});
  m.push_back({"nakamoto_half", "node", "nodes that together have more than half of the pay",
               static_cast<double>(nakamoto(income, 0.5))});
  m.push_back({"nakamoto_third", "node", "nodes that together have more than a third of the pay",
               static_cast<double>(nakamoto(income, 1.0 / 3))});
  m.push_back({"roi_honest", "1", "profit of an honest node over the game, of its deposit",
               honest.profit() / honest_nodes / params_.deposit});
  m.push_back({"roi_small", "1", "the same for the smallest tenth", small_return(players_, params_.deposit)});
  for (const Metric& metric : sybil_metrics()) m.push_back(metric);
  m.push_back({"reputation_honest", "1", "mean reputation of honest nodes at the end",
               timeline_[4].values.empty() ? undefined : timeline_[4].values.back()});
  m.push_back({"reputation_cheat", "1", "mean reputation of cheaters at the end",
               timeline_[5].values.empty() ? undefined : timeline_[5].values.back()});
  m.push_back({"nodes_in", "node", "nodes with enough at stake to be asked at the end",
               timeline_[6].values.empty() ? undefined : timeline_[6].values.back()});
  m.push_back({"pool", "coin", "what the incentive policy holds at the end", coins(ledger_.balance(pool_))});
  result.timeline = timeline_;
  return result;
}

}  // namespace orrery::sim::game
