// Honest in the shallow blocks, cheap in the deep ones.
#include <cmath>

#include "sim/behaviour/measured_as.hpp"

namespace orrery::sim::behaviour {
namespace {

class SuffixCheat final : public BehaviourPolicy {
 public:
  struct Params {
    double from = 0.75;
    static Fields<Params> fields() {
      return Fields<Params>().real("from", &Params::from, "1",
                                   "share of the stage's blocks that are run honestly, the "
                                   "first ones; the others use int4 weights",
                                   0, 1);
    }
  };
  static About about() {
    return {
        "suffix_cheat", "honest down to a depth, int4 weights below it",
        "Knows that audits which recompute the first blocks only are the cheap ones, and is honest as far as they "
        "look: the first `from` of the assigned blocks with the node's own numerics, the others with int4 weights. "
        "A stage of one block is honest throughout unless `from` is 0.",
        "the attack that random-depth audits answer (extension of arXiv 2511.20621); int4 as the cheap part is ours"};
  }
  explicit SuffixCheat(const Params& params) : params_(params) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    Arithmetic cheap = a.honest;
    cheap.weights = Weights::int4;
    const int honest = static_cast<int>(std::ceil(params_.from * a.blocks.size()));
    return {.stage = {.honest = a.honest, .cheap = cheap, .cheap_from = a.blocks.begin + honest},
            .cheat = measured_as("suffix_cheat", params_.from, 0.75)};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(BehaviourPolicy, SuffixCheat);

}  // namespace
}  // namespace orrery::sim::behaviour
