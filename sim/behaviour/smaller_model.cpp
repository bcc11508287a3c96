// Serves a smaller model under the large one's name.
#include <cmath>

#include "sim/behaviour/measured_as.hpp"

namespace orrery::sim::behaviour {
namespace {

class SmallerModel final : public BehaviourPolicy {
 public:
  struct Params {
    double share = 0.5;
    static Fields<Params> fields() {
      return Fields<Params>().real("share", &Params::share, "1",
                                   "share of the stage's blocks that are run, the first ones", 0.01, 1);
    }
  };
  static About about() {
    return {"smaller_model", "runs the first part of its blocks and stops",
            "A model of fewer blocks in the place of the agreed one: the first `share` of the assigned blocks, rounded "
            "up, and then the early exit. Of a stage with one block nothing can be left out. (A separately trained "
            "smaller model would be a better fake and is further from the agreed activations.)",
            "model substitution as in arXiv 2501.16007 (TOPLOC), 2511.20621 (DiFR); early exit is ours"};
  }
  explicit SmallerModel(const Params& params) : params_(params) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    const int kept = static_cast<int>(std::ceil(params_.share * a.blocks.size()));
    return {.stage = {.honest = a.honest, .run_until = a.blocks.begin + kept},
            .cheat = measured_as("smaller_model", params_.share, 0.5)};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(BehaviourPolicy, SmallerModel);

}  // namespace
}  // namespace orrery::sim::behaviour
