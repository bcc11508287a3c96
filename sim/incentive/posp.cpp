// Proof of sampling: rare challenges after the fact, and a stake that makes them matter.
#include <algorithm>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class ProofOfSampling final : public IncentivePolicy {
 public:
  struct Params {
    double challenge_rate = 0.01;
    double slash = 150;
    double validator_reward = 1.2;
    double challenge_tax = 0.02;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("challenge_rate", &P::challenge_rate, "1", "probability that a claim is challenged", 0, 1)
          .real("slash", &P::slash, "coin", "what a proven lie costs its teller, executor or validator", 0, 1e9)
          .real("validator_reward", &P::validator_reward, "coin", "for the validators of a challenge, shared", 0, 1e9)
          .real("challenge_tax", &P::challenge_tax, "1", "share of fees that pays for challenges", 0, 1);
    }
  };
  static About about() {
    return {
        "posp", "random challenges after submission; whoever is proven wrong loses its stake",
        "A claim is challenged with challenge_rate, by validators that are drawn after it was submitted. Claims that "
        "are not challenged, or that the validators confirm, are paid; the validators of a challenge share "
        "validator_reward. A mismatch goes to arbitration, which is the audit's verdict here: executors and "
        "validators on the wrong side lose `slash`. A colluding validator confirms a lie and is paid for it. "
        "Honesty is the better reply when challenge_rate > C / ((1-r) S + (1-2r) R) for a colluding share r. Whom "
        "the tax pays for is the treasury of this policy; when it is empty validators wait in vain.",
        "Zhang et al., Proof of Sampling, arXiv 2405.00295; the split of fees into rewards and tax: ours"};
  }
  explicit ProofOfSampling(const Params& params) : params_(params) {}

  std::optional<double> audit_rate(const Claimant&) const override { return params_.challenge_rate; }

  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    const std::vector<MicroCoins> fees = leg_fees(epoch);
    const std::vector<Verdict> verdicts = leg_verdicts(epoch);
    MicroCoins pool = epoch.pool + epoch.fees;
    for (std::size_t l = 0; l < fees.size(); ++l) {
      if (verdicts[l] == Verdict::rejected) continue;
      const MicroCoins reward = micro_coins(coins(fees[l]) * (1 - params_.challenge_tax));
      s.pay[epoch.position(epoch.legs[l].node)] += reward;
      pool -= reward;
    }
    for (const Audit& audit : epoch.audits) judge(epoch, audit, s, pool);
    return s;
  }

 private:
  void judge(const Epoch& epoch, const Audit& audit, Settlement& s, MicroCoins& pool) const {
    if (audit.verdict == Verdict::rejected) fine(epoch, epoch.position(audit.executor), s, pool);
    for (std::uint32_t v = 0; v < audit.vote_count; ++v) {
      const Vote& vote = epoch.votes[audit.first_vote + v];
      if (vote.said == Verdict::unchecked) continue;
      const std::size_t at = epoch.position(vote.auditor);
      if (vote.said != audit.verdict) {
        if (audit.verdict != Verdict::unchecked) fine(epoch, at, s, pool);
        continue;
      }
      const MicroCoins share = std::min(pool, micro_coins(params_.validator_reward / audit.vote_count));
      s.pay[at] += share;
      pool -= share;
    }
  }
  void fine(const Epoch& epoch, std::size_t at, Settlement& s, MicroCoins& pool) const {
    const MicroCoins amount = std::min(micro_coins(params_.slash), epoch.accounts[at].stake - s.slash[at]);
    s.slash[at] += amount;
    pool += amount;
  }
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, ProofOfSampling);

}  // namespace
}  // namespace orrery::sim::incentive
