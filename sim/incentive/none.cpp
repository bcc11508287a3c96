// Nobody is paid.
#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

class None final : public IncentivePolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"none", "nobody is paid and nothing is slashed",
            "Settles every account with zero coins, whatever was done in the epoch; what clients paid stays where it "
            "is. A swarm of volunteers, and the baseline for what payments and stakes change.",
            "ours (the null model)"};
  }
  explicit None(const Params&) {}

  std::vector<MicroCoins> settle(std::span<const Account> accounts, MicroCoins, Draw&) const override {
    return std::vector<MicroCoins>(accounts.size(), 0);
  }
};

ORRERY_REGISTER(IncentivePolicy, None);

}  // namespace
}  // namespace orrery::sim::incentive
