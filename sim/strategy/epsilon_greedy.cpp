// Learns from its own purse alone.
#include "sim/strategy/policy.hpp"

namespace orrery::sim::strategy {
namespace {

class EpsilonGreedy final : public StrategyPolicy {
 public:
  struct Params {
    double epsilon = 0.05;
    double step = 0.1;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("epsilon", &P::epsilon, "1", "probability of trying an action at random", 0, 1)
          .real("step", &P::step, "1", "weight of the newest payoff in the estimate of its action", 0.000001, 1);
    }
  };
  static About about() {
    return {"epsilon_greedy", "keeps its own estimate of what each action pays, and mostly takes the best",
            "Knows nothing of the others: it moves its estimate of the action it took towards the payoff it got, then "
            "takes "
            "the action with the highest estimate, or with probability epsilon any. Estimates start at zero. Rare but "
            "large "
            "slashes are hard to learn this way: until it has been slashed, a node believes that cheating is free.",
            "Sutton and Barto, Reinforcement learning (2018), section 2"};
  }
  explicit EpsilonGreedy(const Params& params) : params_(params) {}
  int next(const Outlook& o, Draw& draw) const override {
    double& mine = o.estimate[static_cast<std::size_t>(o.action)];
    mine += params_.step * (o.payoff - mine);
    const double explores = draw.uniform();
    const auto any = static_cast<int>(draw.below(o.estimate.size()));
    if (explores < params_.epsilon) return any;
    int best = o.action;
    for (std::size_t a = 0; a < o.estimate.size(); ++a) {
      if (o.estimate[a] > o.estimate[static_cast<std::size_t>(best)]) best = static_cast<int>(a);
    }
    return best;
  }

 private:
  Params params_;
};

ORRERY_REGISTER(StrategyPolicy, EpsilonGreedy);

}  // namespace
}  // namespace orrery::sim::strategy
