// Stay.
#include <limits>

#include "sim/rebalancing/policy.hpp"

namespace orrery::sim::rebalancing {
namespace {

class Never final : public RebalancingPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"never", "a node keeps its blocks for as long as it is on line",
            "Only nodes that come and go change the placement: a joining node chooses its blocks by the sharding policy "
            "and stays there. Costs nothing, and leaves a hole open until somebody joins who is sent into it.",
            "ours (the null model)"};
  }
  explicit Never(const Params&) {}

  double period_s(Draw&) const override { return std::numeric_limits<double>::infinity(); }
  Decision decide(const RebalancingView&, Draw&) const override { return {}; }
};

ORRERY_REGISTER(RebalancingPolicy, Never);

}  // namespace
}  // namespace orrery::sim::rebalancing
