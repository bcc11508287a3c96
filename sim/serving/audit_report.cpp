// Trust in numbers: what cheats there were, which of them were found, when, at whose cost, and whom it paid.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

double ratio(double a, double b) { return b > 0 ? a / b : undefined; }

// The truth, which no party to the run had: who cheated on which part of which request.
class Truth {
 public:
  explicit Truth(const Cast& cast) {
    for (const auto& node : cast.nodes()) {
      for (const Cheated& c : node->deeds().cheated) {
        cheated_.insert(c.name);
        junk_.insert(c.name.request);
        ++by_node_[node->node().index()][c.cheat];
      }
    }
  }
  std::size_t parts() const { return cheated_.size(); }
  bool cheats(const ClaimBody& claim) const {
    return std::any_of(claim.parts.begin(), claim.parts.end(), [&](const Part& p) {
      return cheated_.contains({claim.request.index(), p.leg});
    });
  }
  bool junk(RequestId request) const { return junk_.contains(request.index()); }
  // What a cheater did most often; of several, the first by name.
  const std::string& cheat(std::size_t node) const {
    const auto& list = by_node_.at(static_cast<std::uint32_t>(node));
    return std::max_element(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }
  bool cheater(std::size_t node) const { return by_node_.contains(static_cast<std::uint32_t>(node)); }

 private:
  std::set<LegName> cheated_;
  std::set<std::uint32_t> junk_;                                 // requests
  std::map<std::uint32_t, std::map<std::string, int>> by_node_;  // what it did, and how often
};

struct Counts {
  double audits = 0, accepted = 0, rejected = 0, no_verifier = 0, unfinished = 0, redraws = 0, outvoted = 0;
  double disputed = 0, malformed = 0, silent = 0;
  double cheats_judged = 0, cheats_found = 0, honest_judged = 0, honest_rejected = 0;
  std::vector<double> latency_s;       // of cheats that were found: from the claim to the verdict
  std::vector<double> latency_claims;  // of nodes that were: cheated parts up to the first one found
  std::set<std::uint32_t> rejected_requests;
};

// Position of a cheated part among those of its node, from one.
std::map<LegName, std::pair<std::uint32_t, double>> numbered(const Cast& cast) {
  std::map<LegName, std::pair<std::uint32_t, double>> list;
  for (const auto& node : cast.nodes()) {
    double n = 0;
    for (const Cheated& c : node->deeds().cheated) list[c.name] = {node->node().index(), ++n};
  }
  return list;
}

Counts count(const Cast& cast, const Truth& truth) {
  Counts c;
  if (!cast.auditor()) return c;
  const auto numbers = numbered(cast);
  std::map<std::uint32_t, double> first;  // by node
  for (const AuditCase& audit : cast.auditor()->cases()) {
    const ClaimBody& claim = audit.claim();
    if (audit.open()) throw RunError("an audit that has not ended at the end of the run");
    ++c.audits;
    c.redraws += static_cast<double>(audit.redraws());
    c.no_verifier += audit.outcome() == Outcome::no_verifier;
    c.unfinished += audit.outcome() == Outcome::unfinished;
    const auto any = [&audit](auto says) { return std::any_of(audit.seats().begin(), audit.seats().end(), says); };
    c.disputed += audit.was_disputed();
    c.malformed += any([](const Seat& s) { return s.malformed; });
    c.silent += any([](const Seat& s) { return s.silent; });
    if (!audit.concluded()) continue;
    const bool rejected = audit.outcome() == Outcome::rejected;
    c.outvoted += audit.votes(rejected ? verification::Finding::accepted : verification::Finding::rejected);
    (rejected ? c.rejected : c.accepted) += 1;
    if (rejected) c.rejected_requests.insert(claim.request.index());
    if (!truth.cheats(claim)) {
      ++c.honest_judged;
      c.honest_rejected += rejected;
      continue;
    }
    ++c.cheats_judged;
    c.cheats_found += rejected;
    if (!rejected) continue;
    c.latency_s.push_back((audit.ended() - audit.claimed()).seconds());
    for (const Part& part : claim.parts) {
      const auto number = numbers.find({claim.request.index(), part.leg});
      if (number == numbers.end()) continue;
      const auto [node, n] = number->second;
      const auto [at, fresh] = first.try_emplace(node, n);
      if (!fresh) at->second = std::min(at->second, n);
    }
  }
  const Auditor& auditor = *cast.auditor();
  const double drawn = static_cast<double>(auditor.claims() - auditor.undrawn() - auditor.passed_over());
  if (drawn != c.audits || c.audits != c.accepted + c.rejected + c.no_verifier + c.unfinished)
    throw RunError("an audit that did not end exactly once");
  for (const auto& [node, n] : first) c.latency_claims.push_back(n);
  return c;
}

double mean(const std::vector<double>& list) {
  double sum = 0;
  for (const double x : list) sum += x;
  return ratio(sum, static_cast<double>(list.size()));
}

void add_findings(std::vector<Metric>& m, const Counts& c, const Truth& truth) {
  const auto parts = static_cast<double>(truth.parts());
  m.push_back({"audits", "1", "claims that were drawn to be looked at", c.audits});
  m.push_back({"audits_accepted", "1", "of these, found as claimed", c.accepted});
  m.push_back({"audits_rejected", "1", "of these, found to be something else", c.rejected});
  m.push_back({"audits_no_verifier", "1", "of these, claims for which the swarm had no committee", c.no_verifier});
  m.push_back({"audits_unfinished", "1", "of these, without a verdict: evidence or verifiers were gone", c.unfinished});
  m.push_back({"audits_disputed", "1", "of these, decided by a referee", c.disputed});
  m.push_back(
      {"audits_malformed", "1", "of these, in which a verifier was shown what no honest executor makes", c.malformed});
  m.push_back({"audits_silent", "1", "of these, in which a verifier was shown nothing", c.silent});
  m.push_back({"audit_redraws", "1", "verifiers who were replaced", c.redraws});
  m.push_back({"votes_outvoted", "1", "votes of verifiers that the verdict went against", c.outvoted});
  m.push_back({"cheated_claims", "1", "parts of served requests that a cheat had computed", parts});
  m.push_back({"detection_rate", "1", "share of cheats that were looked at that were rejected",
               ratio(c.cheats_found, c.cheats_judged)});
  m.push_back({"undetected_cheat_rate", "1", "share of all cheated claims that were accepted, or that nobody judged",
               parts > 0 ? 1 - c.cheats_found / parts : undefined});
  m.push_back({"false_rejections", "1", "claims of honest work that were rejected", c.honest_rejected});
  m.push_back({"false_rejection_rate", "1", "share of honest claims that were looked at that were rejected",
               ratio(c.honest_rejected, c.honest_judged)});
  m.push_back(
      {"detection_latency_p50", "s", "from a cheated claim to its rejection", exact_quantile(c.latency_s, 0.5)});
  m.push_back(
      {"detection_latency_p95", "s", "from a cheated claim to its rejection", exact_quantile(c.latency_s, 0.95)});
  m.push_back({"detection_latency_claims", "1", "cheated claims of a node up to the first that was rejected, mean",
               mean(c.latency_claims)});
}

// What looking cost, for each token of a request of which nothing was rejected.
void add_costs(std::vector<Metric>& m, const Cast& cast, const Counts& c, const std::vector<RequestRecord>& records) {
  double flops = 0, bytes = 0, audit_s = 0, prove_s = 0, redone = 0, tokens = 0;
  for (const auto& node : cast.nodes()) {
    const Deeds& d = node->deeds();
    flops += d.audit_flops;
    audit_s += d.audit_s;
    prove_s += d.prove_s;
    redone += static_cast<double>(d.redone);
    bytes += node->audit_bytes().value();
  }
  for (const auto& client : cast.clients()) bytes += client->audit_bytes().value();
  if (cast.auditor()) bytes += cast.auditor()->audit_bytes().value();
  for (const RequestRecord& r : records) {
    if (r.status == Status::served && !c.rejected_requests.contains(r.request.id.index()))
      tokens += static_cast<double>(r.output);
  }
  const double coins = (audit_s + prove_s) / 3600 * cast.audits().params().device_price;
  m.push_back({"accepted_tokens", "token", "delivered by requests of which nothing was rejected", tokens});
  m.push_back({"recomputations", "1", "claims that verifiers redid, each counted", redone});
  m.push_back({"audit_device_time", "s", "of devices, for others' claims", audit_s});
  m.push_back({"prove_device_time", "s", "of devices, for the evidence of their own", prove_s});
  m.push_back({"assurance_flops", "flop/token", "recomputed for an accepted token", ratio(flops, tokens)});
  m.push_back({"assurance_bytes", "byte/token", "on the wire for an accepted token", ratio(bytes, tokens)});
  m.push_back({"assurance_time", "s/token", "device time for an accepted token", ratio(audit_s + prove_s, tokens)});
  m.push_back({"assurance_coins", "coin/token", "price of that device time", ratio(coins, tokens)});
}

void add_profits(std::vector<Metric>& m, const Cast& cast, const Truth& truth, const Settled& settled) {
  const double price = cast.audits().params().device_price / 3600;
  double profit[2] = {}, nodes[2] = {}, slashed[2] = {};
  std::map<std::string, std::vector<double>> cheats;  // profits, by what nodes mostly did
  for (std::size_t i = 0; i < cast.nodes().size(); ++i) {
    const Deeds& d = cast.nodes()[i]->deeds();
    if (d.serve_s == 0 && d.audit_s == 0) continue;  // took no part
    const int kind = truth.cheater(i) ? 1 : 0;
    const double cost = (d.serve_s + d.audit_s + d.prove_s) * price;
    const double earned = coins(settled.income[i] - settled.slashed[i] - settled.identity_fees[i]) - cost;
    profit[kind] += earned;
    if (kind == 1) cheats[truth.cheat(i)].push_back(earned);
    slashed[kind] += coins(settled.slashed[i]);
    nodes[kind] += 1;
  }
  const double honest = ratio(profit[0], nodes[0]), cheat = ratio(profit[1], nodes[1]);
  double names = 0;
  for (const auto& node : cast.nodes()) names += static_cast<double>(node->deeds().renamed.size());
  m.push_back({"names_taken", "1", "new names that nodes took to leave their records behind", names});
  m.push_back({"nodes_that_cheated", "node", "of those that took part", nodes[1]});
  m.push_back({"honest_profit", "coin/node",
               "pay less slashes, fees for new names and device time, mean of honest nodes", honest});
  m.push_back({"cheat_profit", "coin/node", "the same of nodes that cheated", cheat});
  m.push_back(
      {"honest_advantage", "coin/node", "honest less cheating profit; above zero: honesty pays", honest - cheat});
  double best = undefined;
  for (const auto& [cheat_name, profits] : cheats) best = std::fmax(best, mean(profits));
  m.push_back(
      {"honest_advantage_least", "coin/node", "the same against the kind of cheat that paid best", honest - best});
  m.push_back({"coins_slashed_honest", "coin", "taken from nodes that never cheated", slashed[0]});
  double junk = 0, all = 0;
  for (const auto& [request, charged] : settled.charged) {
    all += coins(charged);
    junk += truth.junk(RequestId(request)) ? coins(charged) : 0;
  }
  m.push_back({"junk_revenue_share", "1", "share of what users paid that went for text a cheat had a part in",
               ratio(junk, all)});
}

// Of what was paid for text with a cheat in it, the part that no audit rejected.
void add_unseen(std::vector<Metric>& m, const Truth& truth, const Counts& c, const Settled& settled) {
  double unseen = 0, all = 0;
  for (const auto& [request, charged] : settled.charged) {
    all += coins(charged);
    if (truth.junk(RequestId(request)) && !c.rejected_requests.contains(request)) unseen += coins(charged);
  }
  m.push_back({"junk_unseen_share", "1", "share of what users paid that went for such text with no rejection",
               ratio(unseen, all)});
}

}  // namespace

std::vector<Metric> audit_report(const Cast& cast, const std::vector<RequestRecord>& records, const Settled& settled) {
  const Truth truth(cast);
  const Counts counts = count(cast, truth);
  std::vector<Metric> m;
  add_findings(m, counts, truth);
  add_costs(m, cast, counts, records);
  add_profits(m, cast, truth, settled);
  add_unseen(m, truth, counts, settled);
  return m;
}

}  // namespace orrery::sim::serving
