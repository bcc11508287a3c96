// Imitates those who do better.
#include <algorithm>
#include <cmath>

#include "sim/strategy/policy.hpp"

namespace orrery::sim::strategy {
namespace {

class Replicator final : public StrategyPolicy {
 public:
  struct Params {
    double rate = 0.2;
    double mutation = 0.001;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("rate", &P::rate, "1/coin", "probability of copying a peer, for each coin a claim that it earns more",
                0, 1e6)
          .real("mutation", &P::mutation, "1", "probability of trying an action at random", 0, 1);
    }
  };
  static About about() {
    return {
        "replicator", "copies a random peer with a probability in proportion to how much better it does",
        "Meets one peer an epoch and takes over its action with probability rate x (mean payoff of the peer's action - "
        "mean payoff of its own), if that is positive. In a large population this pairwise comparison follows the "
        "replicator equation. Mutation keeps every action in the population, so that one that has died out can come "
        "back when it begins to pay.",
        "Schlag, Why imitate, and if so, how? (1998); Taylor and Jonker (1978)"};
  }
  explicit Replicator(const Params& params) : params_(params) {}
  int next(const Outlook& o, Draw& draw) const override {
    const double mutates = draw.uniform(), copies = draw.uniform();
    const auto any = static_cast<int>(draw.below(o.population.size()));
    if (mutates < params_.mutation) return any;
    const double gain =
        o.population[static_cast<std::size_t>(o.peer_action)] - o.population[static_cast<std::size_t>(o.action)];
    return copies < params_.rate * gain ? o.peer_action : o.action;  // false for NaN
  }

 private:
  Params params_;
};

ORRERY_REGISTER(StrategyPolicy, Replicator);

}  // namespace
}  // namespace orrery::sim::strategy
