// Picks the cheat that pays against those who watch.
#include "sim/behaviour/cheats.hpp"

namespace orrery::sim::behaviour {
namespace {

class AdaptiveAttacker final : public BehaviourPolicy {
 public:
  struct Params {
    double loss = 20;
    static Fields<Params> fields() {
      return Fields<Params>().real("loss", &Params::loss, "1",
                                   "what being caught once costs it, in units of what a request costs to serve", 0,
                                   1e9);
    }
  };
  static About about() {
    return {
        "adaptive_attacker", "knows the thresholds and takes the cheat that pays best",
        "It knows the verification policy, its thresholds and the measured rates at which they catch each cheat, and "
        "plays the one with the largest saving - caught x loss; none is played where all of these are negative, and a "
        "cheat that nobody ever measured is not risked. Where nothing is known of those who watch it takes the "
        "largest saving.",
        "ours (best response to a published detector)"};
  }
  explicit AdaptiveAttacker(const Params& params) : params_(params), honest_(make_cheat("honest")) {
    for (const std::string& name : cheat_names()) cheats_.emplace_back(name, make_cheat(name));
  }

  Conduct act(const Assignment& a, const Memory& memory, const Odds* odds, Draw& draw) const override {
    Conduct best = honest_->act(a, memory, odds, draw);
    double most = 0;
    for (const auto& [name, cheat] : cheats_) {
      const Conduct conduct = cheat->act(a, memory, odds, draw);
      const std::optional<double> caught = odds ? odds->caught(name) : std::optional<double>(0.0);
      if (!caught) continue;
      const double gain = saving(conduct.stage, a.blocks) - *caught * params_.loss;
      if (gain <= most) continue;
      most = gain;
      best = conduct;
    }
    return best;
  }

 private:
  Params params_;
  std::unique_ptr<BehaviourPolicy> honest_;
  std::vector<std::pair<std::string, std::unique_ptr<BehaviourPolicy>>> cheats_;
};

ORRERY_REGISTER(BehaviourPolicy, AdaptiveAttacker);

}  // namespace
}  // namespace orrery::sim::behaviour
