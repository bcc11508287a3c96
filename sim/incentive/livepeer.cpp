// Stake-weighted inflation, fees for work, and a slash for the rare failed check.
#include <algorithm>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class Livepeer final : public IncentivePolicy {
 public:
  struct Params {
    double verification_rate = 0.002;
    double failed_slash = 0.05;
    double missed_slash = 0.10;
    double tolerance = 0.01;
    double finder_share = 0.05;
    double first_inflation = 0.0004;
    double inflation_change = 0.0000003;
    double target_bonded = 0.5;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("verification_rate", &P::verification_rate, "1", "probability that a claim is checked", 0, 1)
          .real("failed_slash", &P::failed_slash, "1", "part of the stake lost for a check that failed", 0, 1)
          .real("missed_slash", &P::missed_slash, "1", "part of the stake lost for a claim that was not answered", 0, 1)
          .real("tolerance", &P::tolerance, "1", "share of an epoch's checks that may fail without a slash", 0, 1)
          .real("finder_share", &P::finder_share, "1", "part of a slash for those who found the failure", 0, 1)
          .real("first_inflation", &P::first_inflation, "1", "new coins in the first epoch, as a share of all coins", 0,
                1)
          .real("inflation_change", &P::inflation_change, "1", "step of that share towards the bonding target", 0, 1)
          .real("target_bonded", &P::target_bonded, "1", "share of all coins that should be staked", 0, 1);
    }
  };
  static About about() {
    return {
        "livepeer", "fees for work, inflation by stake, 5 % of the stake for a failed check in 500",
        "Work is paid with its fees. Each epoch new coins, a share of the supply that rises while too few coins are "
        "staked and falls while too many are, go to nodes on line in proportion to their stake. One claim in 500 is "
        "checked; a failure costs 5 % of the stake unless the node's failures stay within the tolerance, and a finder "
        "gets 5 % of that. Skipping the work therefore pays unless the stake exceeds 10,000 times what a segment "
        "saves. Missed verifications are timeouts here. The inflation share of a round is the white paper's; an epoch "
        "stands for a round.",
        "Petkanics, Tang, Livepeer white paper (2017) and its protocol configuration"};
  }
  explicit Livepeer(const Params& params) : params_(params) {}

  bool weighs_stake() const override { return true; }
  std::optional<double> audit_rate(const Claimant&) const override { return params_.verification_rate; }

  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    const std::vector<MicroCoins> fees = leg_fees(epoch);
    const std::vector<Verdict> verdicts = leg_verdicts(epoch);
    for (std::size_t l = 0; l < fees.size(); ++l) {
      if (verdicts[l] != Verdict::rejected) s.pay[epoch.position(epoch.legs[l].node)] += fees[l];
    }
    for (std::size_t i = 0; i < epoch.accounts.size(); ++i) slash(epoch.accounts[i], s.slash[i]);
    pay_finders(epoch, s);
    inflate(epoch, s);
    return s;
  }

 private:
  void slash(const Account& account, MicroCoins& amount) const {
    const auto checks = static_cast<double>(account.accepted + account.rejected);
    const auto failed = static_cast<double>(account.rejected);
    const double lost = (failed > params_.tolerance * checks ? params_.failed_slash * failed : 0.0) +
                        params_.missed_slash * static_cast<double>(account.timeouts) * params_.verification_rate;
    amount = std::min(account.stake, micro_coins(lost * coins(account.stake)));
  }
  // Rounded down, so that finders never get more than was taken.
  void pay_finders(const Epoch& epoch, Settlement& s) const {
    std::vector<double> failures(epoch.accounts.size(), 0);
    for (const Audit& audit : epoch.audits)
      failures[epoch.position(audit.executor)] += audit.verdict == Verdict::rejected;
    for (const Audit& audit : epoch.audits) {
      if (audit.verdict != Verdict::rejected || audit.vote_count == 0) continue;
      const std::size_t executor = epoch.position(audit.executor);
      const double of_this = static_cast<double>(s.slash[executor]) / failures[executor];
      const auto each = static_cast<MicroCoins>(of_this * params_.finder_share / audit.vote_count);
      for (std::uint32_t v = 0; v < audit.vote_count; ++v) {
        const Vote& vote = epoch.votes[audit.first_vote + v];
        if (vote.said == Verdict::rejected) s.pay[epoch.position(vote.auditor)] += each;
      }
    }
  }
  void inflate(const Epoch& epoch, Settlement& s) const {
    const double rate = s.next.shared.empty() ? params_.first_inflation : s.next.shared[0];
    s.minted = micro_coins(rate * coins(epoch.supply));
    std::vector<double> weights;
    double bonded = 0;
    for (const Account& account : epoch.accounts) {
      bonded += coins(account.stake);
      weights.push_back(account.uptime_s > 0 ? coins(account.stake) : 0);
    }
    const std::vector<MicroCoins> reward = split(s.minted, weights);
    for (std::size_t i = 0; i < reward.size(); ++i) s.pay[i] += reward[i];
    const bool too_few = bonded < params_.target_bonded * coins(epoch.supply);
    s.next.shared = {std::max(0.0, rate + (too_few ? 1 : -1) * params_.inflation_change)};
  }
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, Livepeer);

}  // namespace
}  // namespace orrery::sim::incentive
