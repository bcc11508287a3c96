// Leaves out every n-th block.
#include "sim/behaviour/measured_as.hpp"

namespace orrery::sim::behaviour {
namespace {

class LayerSkip final : public BehaviourPolicy {
 public:
  struct Params {
    std::int64_t every = 4;
    static Fields<Params> fields() {
      return Fields<Params>().integer("every", &Params::every, "blocks", "the n-th of so many blocks is passed over", 1,
                                      1000);
    }
  };
  static About about() {
    return {
        "layer_skip", "passes over every n-th block of its stage",
        "The rows go around every n-th of the assigned blocks unchanged, as the residual connection allows; a stage of "
        "fewer blocks is run whole. Quality falls little for deep models and few skipped blocks, which is what makes "
        "it tempting.",
        "arXiv 2511.20621 (DiFR) and TOPLOC's threat models; the even spacing is ours"};
  }
  explicit LayerSkip(const Params& params) : params_(params) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = a.honest, .pass_every = static_cast<int>(params_.every)},
            .cheat = measured_as("layer_skip", params_.every, 4)};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(BehaviourPolicy, LayerSkip);

}  // namespace
}  // namespace orrery::sim::behaviour
