// Pay for assayed work: an audit rate that knows how good its detector is, per shard, and a slash that waits for
// evidence.
#include <algorithm>
#include <array>
#include <cmath>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class Assay final : public IncentivePolicy {
 public:
  struct Params {
    double tpr = 0.95, fpr = 0.01;
    double saving_share = 0.8333, cost_share = 0.8333;
    double margin = 0.1, slash = 20, audit_tax = 0.05;
    std::string slashing = "sequential";
    double false_slash = 1e-6;
    bool weigh_by_correctness = true;
    static Fields<Params> fields();
  };
  static About about() {
    return {"assay", "audits as often as the detector needs, pay and blame by shard, a slash that waits for evidence",
            "Given the detector's measured true and false positive rates d and f, a claim with reward R before a slash "
            "S is "
            "audited with probability (1 + margin) saving / ((d - f) (R + S)), the least that makes honesty the better "
            "reply. "
            "Each leg of a pipeline answers for itself: a rejected leg is not paid, the others are. slashing = "
            "\"each\" takes S "
            "for every rejection; then honest nodes pay p f (R + S) a claim, and no stake works unless f/d <= margin "
            "of profit "
            "/ (margin + saving): such parameters are refused. \"sequential\" keeps, per node, a mixture of likelihood "
            "ratios of "
            "its verdicts under a cheating share of 1, 1/2, 1/5 or 1/20 against none, and slashes when it exceeds "
            "1 / false_slash: by Ville's inequality an honest node is ever slashed with at most that probability, "
            "however long "
            "it stays. The audit rate then counts the slash over the audits that the evidence takes. "
            "weigh_by_correctness scales "
            "pay by one minus the cheating share that the node's verdicts prove at two standard errors. Auditors are "
            "reimbursed from audit_tax, and R in the audit rate is what the claim would be paid. `evidence` is the "
            "logarithm of the mixture, `reputation` the pay weight.",
            "ours; sequential test: Ville (1939), Wald (1945)"};
  }
  explicit Assay(const Params& params);

  double preference(const Standing& standing) const override { return standing.reputation; }
  std::optional<double> audit_rate(const Claimant& claimant) const override;
  Settlement settle(const Epoch& epoch, const State& state, Draw& draw) const override;

 private:
  static constexpr std::array<double, 4> shares{1, 0.5, 0.2, 0.05};  // cheating shares the evidence is kept for
  static constexpr std::size_t row = shares.size() + 2;              // log ratios, audits, rejections: of one node

  bool sequential() const { return params_.slashing == "sequential"; }
  double rejection_rate(double share) const { return params_.fpr + share * (params_.tpr - params_.fpr); }
  double audits_to_slash() const;
  void weigh_evidence(const Epoch& epoch, std::size_t at, Settlement& s) const;
  double proven_share(double audits, double rejections) const;

  Params params_;
};

Fields<Assay::Params> Assay::Params::fields() {
  using P = Params;
  return Fields<P>()
      .real("tpr", &P::tpr, "1", "d: probability that the detector rejects a cheat, as measured", 0, 1)
      .real("fpr", &P::fpr, "1", "f: probability that it rejects honest work, as measured", 0, 1)
      .real("saving_share", &P::saving_share, "1", "what cheating saves, as a share of the reward", 0, 1)
      .real("cost_share", &P::cost_share, "1", "what honest work costs, as a share of the reward", 0, 1)
      .real("margin", &P::margin, "1", "audits beyond the least that deters", 0, 100)
      .real("slash", &P::slash, "coin", "S: what a node loses when it is slashed", 0, 1e9)
      .real("audit_tax", &P::audit_tax, "1", "share of fees that pays for audits", 0, 1)
      .choice("slashing", &P::slashing, {"each", "sequential"}, "after every rejection, or on evidence")
      .real("false_slash", &P::false_slash, "1", "sequential: most probability that honesty is ever slashed", 1e-12,
            0.5)
      .boolean("weigh_by_correctness", &P::weigh_by_correctness, "scale pay by what verdicts prove");
}

Assay::Assay(const Params& params) : params_(params) {
  const auto& p = params_;
  VALIDATE(p.tpr > p.fpr, "incentive.tpr", "the detector is no better than chance",
           "its true positive rate " + config::write_real(p.tpr) + " is not above its false positive rate " +
               config::write_real(p.fpr),
           "Use measured rates of a detector that works.");
  const double profit = 1 - p.cost_share;
  VALIDATE(sequential() || p.fpr / p.tpr <= profit / (profit + p.saving_share), "incentive.fpr",
           "no audit rate and no stake make honesty both profitable and the better reply",
           "fpr/tpr = " + config::write_real(p.fpr / p.tpr) +
               " exceeds profit / (profit + saving) = " + config::write_real(profit / (profit + p.saving_share)),
           "Use a better detector, pay more, or set slashing = \"sequential\".");
}

// Wald: the threshold over the mean growth of the evidence against a full-time cheat, whose part of the mixture starts
// at a quarter.
double Assay::audits_to_slash() const {
  const double f = std::max(params_.fpr, 1e-9), d = std::min(params_.tpr, 1 - 1e-9);
  const double growth = d * std::log(d / f) + (1 - d) * std::log((1 - d) / (1 - f));
  return std::max(1.0, std::log(static_cast<double>(shares.size()) / params_.false_slash) / growth);
}

std::optional<double> Assay::audit_rate(const Claimant& claimant) const {
  const double reward = coins(claimant.reward);
  if (reward <= 0) return 0.0;
  // Who is paid less has less to lose by a rejection.
  const double at_stake = reward * (params_.weigh_by_correctness ? claimant.standing.reputation : 1);
  const double slash = std::min(params_.slash, coins(claimant.stake)) / (sequential() ? audits_to_slash() : 1);
  const double gap = params_.tpr - params_.fpr;
  return std::min(1.0, (1 + params_.margin) * params_.saving_share * reward / (gap * (at_stake + slash)));
}

Settlement Assay::settle(const Epoch& epoch, const State& state, Draw&) const {
  Settlement s = nothing(epoch, state);
  s.next.shared.resize(row * epoch.accounts.size(), 0);
  const std::vector<MicroCoins> fees = leg_fees(epoch);
  const std::vector<Verdict> verdicts = leg_verdicts(epoch);
  MicroCoins pool = epoch.pool + epoch.fees;
  for (std::size_t l = 0; l < fees.size(); ++l) {
    if (verdicts[l] == Verdict::rejected) continue;
    const std::size_t at = epoch.position(epoch.legs[l].node);
    const double weight = params_.weigh_by_correctness ? state.nodes[at].reputation : 1;
    const MicroCoins reward = micro_coins(coins(fees[l]) * (1 - params_.audit_tax) * weight);
    s.pay[at] += reward;
    pool -= reward;
  }
  for (std::size_t at = 0; at < epoch.accounts.size(); ++at) {
    weigh_evidence(epoch, at, s);
    pool += s.slash[at];
  }
  for (const Audit& audit : epoch.audits) {
    for (std::uint32_t v = 0; v < audit.vote_count; ++v) {
      const MicroCoins cost = std::min(pool, micro_coins(audit.cost_coins / audit.vote_count));
      s.pay[epoch.position(epoch.votes[audit.first_vote + v].auditor)] += cost;
      pool -= cost;
    }
  }
  return s;
}

void Assay::weigh_evidence(const Epoch& epoch, std::size_t at, Settlement& s) const {
  const Account& account = epoch.accounts[at];
  double* ratios = &s.next.shared[row * at];
  double& audits = ratios[shares.size()];
  double& rejections = ratios[shares.size() + 1];
  const auto accepted = static_cast<double>(account.accepted), rejected = static_cast<double>(account.rejected);
  audits += accepted + rejected;
  rejections += rejected;
  const double f = std::max(params_.fpr, 1e-9);
  double largest = -HUGE_VAL;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const double q = std::min(rejection_rate(shares[k]), 1 - 1e-9);
    ratios[k] += rejected * std::log(q / f) + accepted * std::log((1 - q) / (1 - f));
    largest = std::max(largest, ratios[k]);
  }
  double sum = 0;
  for (std::size_t k = 0; k < shares.size(); ++k) sum += std::exp(ratios[k] - largest);
  const double evidence = largest + std::log(sum / static_cast<double>(shares.size()));
  Standing& standing = s.next.nodes[at];
  standing = {1 - proven_share(audits, rejections), evidence};
  double fines = rejected;
  if (sequential()) {
    fines = evidence >= -std::log(params_.false_slash) ? 1 : 0;
    if (fines > 0) {
      std::fill_n(ratios, shares.size(), 0.0);  // the slate is wiped, the bound holds anew
      standing.evidence = 0;
    }
  }
  s.slash[at] = std::min(account.stake, micro_coins(std::min(1e9, fines * params_.slash)));
}

double Assay::proven_share(double audits, double rejections) const {
  if (audits < 1) return 0;
  const double rate = rejections / audits;
  // One rejection more keeps the error of a spotless or hopeless record away from zero.
  const double smooth = (rejections + 1) / (audits + 2);
  const double error = std::sqrt(smooth * (1 - smooth) / audits);
  return std::clamp((rate - params_.fpr - 2 * error) / (params_.tpr - params_.fpr), 0.0, 1.0);
}

ORRERY_REGISTER(IncentivePolicy, Assay);

}  // namespace
}  // namespace orrery::sim::incentive
