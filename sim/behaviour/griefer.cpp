// Accuses the innocent.
#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {
namespace {

class Griefer final : public BehaviourPolicy {
 public:
  struct Params {
    double accusations = 1;
    static Fields<Params> fields() {
      return Fields<Params>().real("accusations", &Params::accusations, "1", "share of audits that it rejects unseen",
                                   0, 1);
    }
  };
  static About about() {
    return {
        "griefer", "serves honestly and rejects what it is asked to audit",
        "Its own stages are honest. As a verifier it rejects without looking: for a bounty, to drive others out, or "
        "to stall a dispute. A single verifier's word is then worth a slash; majorities and referees are the answer.",
        "ours (false accusations; the threat behind bonded challenges in optimistic rollups)"};
  }
  explicit Griefer(const Params& params) : params_(params) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = a.honest}};
  }
  bool serves_honestly() const override { return true; }
  Testimony testify(const Invitation&, Draw& draw) const override {
    if (draw.uniform() >= params_.accusations) return {};
    return {.recomputes = false, .vote = Vote::reject};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(BehaviourPolicy, Griefer);

}  // namespace
}  // namespace orrery::sim::behaviour
