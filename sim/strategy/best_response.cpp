// Does what paid best.
#include "sim/strategy/policy.hpp"

namespace orrery::sim::strategy {
namespace {

class BestResponse final : public StrategyPolicy {
 public:
  struct Params {
    double revision = 0.1;
    double tremble = 0.01;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .real("revision", &P::revision, "1", "probability that a node reconsiders after an epoch", 0, 1)
          .real("tremble", &P::tremble, "1", "probability that it then tries an action at random", 0, 1);
    }
  };
  static About about() {
    return {
        "best_response", "now and then a node turns to the action that paid best in the last epoch",
        "With probability `revision` a node looks at the mean payoffs of all actions in the last epoch and takes the "
        "best "
        "(the first of equals), or with probability `tremble` any. Faster and less forgiving than imitation: where two "
        "actions pay alike the population swings between them. An action that nobody took has no payoff and is only "
        "found by trembling.",
        "Gilboa and Matsui, Social stability and equilibrium (1991)"};
  }
  explicit BestResponse(const Params& params) : params_(params) {}
  int next(const Outlook& o, Draw& draw) const override {
    const double revises = draw.uniform(), trembles = draw.uniform();
    const auto any = static_cast<int>(draw.below(o.population.size()));
    if (revises >= params_.revision) return o.action;
    if (trembles < params_.tremble) return any;
    int best = o.action;
    for (std::size_t a = 0; a < o.population.size(); ++a) {
      if (o.population[a] > o.population[static_cast<std::size_t>(best)]) best = static_cast<int>(a);
    }
    return best;
  }

 private:
  Params params_;
};

ORRERY_REGISTER(StrategyPolicy, BestResponse);

}  // namespace
}  // namespace orrery::sim::strategy
