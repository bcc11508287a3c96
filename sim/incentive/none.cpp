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
            "Settles every account with zero coins, whatever was done in the epoch; what clients paid stays in the "
            "pool. A swarm of volunteers, and the baseline for what payments and stakes change.",
            "ours (the null model)"};
  }
  explicit None(const Params&) {}

  Settlement settle(const Epoch& epoch, const State& state, Draw&) const override { return nothing(epoch, state); }
};

ORRERY_REGISTER(IncentivePolicy, None);

}  // namespace
}  // namespace orrery::sim::incentive
