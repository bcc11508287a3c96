// Pays for claimed volume: what most networks that exist do.
#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class Volume final : public IncentivePolicy {
 public:
  struct Params {
    double mint_per_mega_work = 0;
    static Fields<Params> fields() {
      return Fields<Params>().real("mint_per_mega_work", &Params::mint_per_mega_work, "coin",
                                   "new coins for a million claimed block x tokens, on top of the fees", 0, 1e6);
    }
  };
  static About about() {
    return {
        "volume", "fees go to whoever claims to have worked, in proportion to claimed volume",
        "The failing that trust has to repair: an epoch's fees are split over nodes in proportion to the work they "
        "claim (block x tokens), as their bills have it; nobody compares these with what clients counted. Verdicts, "
        "quality and uptime change nothing and nobody is ever slashed. With "
        "mint_per_mega_work > 0 it also mints a fixed reward per unit of claimed work, as networks that subsidise "
        "their start do, and self-dealing pays as soon as that exceeds what claiming costs.",
        "The incentive misalignment that Nesa's documents name; fixed mint per relay as in Pocket and Helium before "
        "their reforms"};
  }
  explicit Volume(const Params& params) : params_(params) {}

  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override {
    Settlement s = nothing(epoch, state);
    std::vector<double> work;
    double total = 0;
    for (const Account& account : epoch.accounts) {
      work.push_back(account.block_tokens);
      total += account.block_tokens;
    }
    s.minted = micro_coins(params_.mint_per_mega_work * total * 1e-6);
    s.pay = split(epoch.fees + s.minted, work);
    return s;
  }

 private:
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, Volume);

}  // namespace
}  // namespace orrery::sim::incentive
