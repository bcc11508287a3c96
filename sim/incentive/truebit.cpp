// Forced errors: checkers are paid for staying awake.
#include <algorithm>
#include <cmath>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class Truebit final : public IncentivePolicy {
 public:
  struct Params {
    double tax = 0.2;
    double jackpot = 100;
    double deposit = 10;
    double challenger_share = 0.5;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("tax", &P::tax, "1", "share of every fee that goes to the jackpot fund", 0, 1)
          .real("jackpot", &P::jackpot, "coin", "for finding a forced error alone; k finders get 1/2^(k-1) of it each",
                0, 1e9)
          .real("deposit", &P::deposit, "coin", "what a solver loses for an error that nobody forced", 0, 1e9)
          .real("challenger_share", &P::challenger_share, "1", "part of a lost deposit for those who found the error",
                0, 1);
    }
  };
  static About about() {
    return {
        "truebit", "forced errors at a secret rate pay a jackpot to those who look",
        "Solvers are now and then told in secret to submit something wrong. Whoever finds such a forced error wins a "
        "share of the jackpot, and the solver is paid as if it had been right. With k finders each gets "
        "jackpot / 2^(k-1), so that splitting one checker into many identities never raises the total. A tax on fees "
        "fills the fund. An error that nobody forced costs the solver its deposit, of which finders share "
        "challenger_share and the fund keeps the rest. Whether looking pays hangs on rate x jackpot against its cost.",
        "Teutsch, Reitwiessner, A scalable verification solution for blockchains (2017)"};
  }
  explicit Truebit(const Params& params) : params_(params) {}

  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    const std::vector<MicroCoins> fees = leg_fees(epoch);
    std::vector<bool> unpaid = unforced_errors(epoch);
    MicroCoins fund = epoch.pool + epoch.fees;
    for (std::size_t l = 0; l < fees.size(); ++l) {
      if (unpaid[l]) continue;
      const MicroCoins reward = micro_coins(coins(fees[l]) * (1 - params_.tax));
      s.pay[epoch.position(epoch.legs[l].node)] += reward;
      fund -= reward;
    }
    for (const Audit& audit : epoch.audits) {
      if (audit.verdict == Verdict::rejected) reward_finders(epoch, audit, s, fund);
    }
    return s;
  }

 private:
  static std::vector<bool> unforced_errors(const Epoch& epoch) {
    std::vector<Audit> unforced;
    for (const Audit& audit : epoch.audits) {
      if (!audit.forced_error) unforced.push_back(audit);
    }
    std::vector<bool> found;
    for (const Verdict v : leg_verdicts(epoch, unforced)) found.push_back(v == Verdict::rejected);
    return found;
  }
  void reward_finders(const Epoch& epoch, const Audit& audit, Settlement& s, MicroCoins& fund) const {
    std::vector<std::size_t> finders;
    for (std::uint32_t v = 0; v < audit.vote_count; ++v) {
      const Vote& vote = epoch.votes[audit.first_vote + v];
      if (vote.said == Verdict::rejected) finders.push_back(epoch.position(vote.auditor));
    }
    const auto k = static_cast<double>(finders.size());
    double each = params_.jackpot / std::exp2(k - 1);
    if (!audit.forced_error) {
      const std::size_t at = epoch.position(audit.executor);
      const MicroCoins lost = std::min(micro_coins(params_.deposit), epoch.accounts[at].stake - s.slash[at]);
      s.slash[at] += lost;
      fund += lost;
      each = coins(lost) * params_.challenger_share / std::max(1.0, k);
    }
    for (std::size_t at : finders) {
      const MicroCoins share = std::min(fund, micro_coins(each));
      s.pay[at] += share;
      fund -= share;
    }
  }
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, Truebit);

}  // namespace
}  // namespace orrery::sim::incentive
