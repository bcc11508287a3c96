// Answers with noise.
#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

class RandomOutput final : public BehaviourPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"random_output", "puts out noise and computes nothing",
            "Every row it puts out is Gaussian noise as large as the row that came in; no block is run. The crudest "
            "cheat and the cheapest: what it saves is the whole cost, and what users receive is junk.",
            "ours (the reference attack of every verification paper)"};
  }
  explicit RandomOutput(const Params&) {}

  Conduct act(const Assignment& assignment, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = assignment.honest, .output = execution::Output::noise}, .cheat = "random_output"};
  }
};

ORRERY_REGISTER(BehaviourPolicy, RandomOutput);

}  // namespace
}  // namespace orrery::sim::behaviour
