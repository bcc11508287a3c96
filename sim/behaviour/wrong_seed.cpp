// Draws tokens from a seed of its own.
#include "sim/behaviour/measured_as.hpp"

namespace orrery::sim::behaviour {
namespace {

class WrongSeed final : public BehaviourPolicy {
 public:
  struct Params {
    std::int64_t shift = 1;
    static Fields<Params> fields() {
      return Fields<Params>().integer("shift", &Params::shift, "1", "its seed is the agreed one plus this", 1, 1e9);
    }
  };
  static About about() {
    return {
        "wrong_seed", "computes honestly and draws tokens from another seed",
        "Every activation is honest; the sampling noise is not the agreed one. Harmless to quality, and the mark of "
        "a node that picks among several texts, or that serves a cached one. Acts only where the node samples, in "
        "the laboratory; refused in a run that computes its texts, because there clients draw the tokens.",
        "arXiv 2511.20621 (DiFR), seed mismatch"};
  }
  explicit WrongSeed(const Params& params) : params_(params) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = a.honest},
            .cheat = measured_as("wrong_seed", params_.shift, 1),
            .seed_shift = static_cast<std::uint64_t>(params_.shift)};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(BehaviourPolicy, WrongSeed);

}  // namespace
}  // namespace orrery::sim::behaviour
