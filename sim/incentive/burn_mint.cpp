// Users burn coins, nodes are paid with new ones, and never more than was burned.
#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class BurnMint final : public IncentivePolicy {
 public:
  struct Params {
    double mint_share = 0.9;
    static Fields<Params> fields() {
      return Fields<Params>().real("mint_share", &Params::mint_share, "1",
                                   "coins minted for each coin burned; below one, self-dealing loses", 0, 4);
    }
  };
  static About about() {
    return {
        "burn_mint", "fees are burned and a share of them is minted for claimed work",
        "Every fee is destroyed, and mint_share of it is minted and split over claimed work. Nothing is verified, but "
        "a node that asks itself loses (1 - mint_share) of what it burns besides its compute, so fake volume never "
        "pays while mint_share < 1. Above one it is the subsidy that fake volume lives on.",
        "Burn-and-mint equilibrium with a cap, as in Helium after its 1:1 limit; the cap as an invariant: ours"};
  }
  explicit BurnMint(const Params& params) : params_(params) {}

  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    std::vector<double> work;
    for (const Account& account : epoch.accounts) work.push_back(account.block_tokens);
    s.burned = epoch.fees;
    s.minted = micro_coins(params_.mint_share * coins(epoch.fees));
    s.pay = split(s.minted, work);
    return s;
  }

 private:
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, BurnMint);

}  // namespace
}  // namespace orrery::sim::incentive
