// Nobody changes.
#include "sim/strategy/policy.hpp"

namespace orrery::sim::strategy {
namespace {

class Fixed final : public StrategyPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {
        "fixed", "every node does for ever what it began with",
        "Whatever a node earns, it goes on as before: shares of honest nodes and of cheaters stay what the game began "
        "with. What payoffs are measured with, and the baseline for what learning changes.",
        "ours (the null model)"};
  }
  explicit Fixed(const Params&) {}
  int next(const Outlook& outlook, Draw&) const override { return outlook.action; }
};

ORRERY_REGISTER(StrategyPolicy, Fixed);

}  // namespace
}  // namespace orrery::sim::strategy
