// Does the work.
#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

class Honest final : public BehaviourPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"honest", "runs every block it was assigned",
            "Computes exactly the blocks and positions of the assignment, with the node's own numerics: two honest "
            "nodes may differ in the last bits where their devices do. Never refuses and never delays.",
            "ours (the null model)"};
  }
  explicit Honest(const Params&) {}

  Conduct act(const Assignment& assignment, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = assignment.honest}};
  }
  bool serves_honestly() const override { return true; }
};

ORRERY_REGISTER(BehaviourPolicy, Honest);

}  // namespace
}  // namespace orrery::sim::behaviour
