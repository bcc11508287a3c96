// Claims more work than it did.
#include "sim/behaviour/measured_as.hpp"

namespace orrery::sim::behaviour {
namespace {

class WorkInflation final : public BehaviourPolicy {
 public:
  struct Params {
    double factor = 1.5;
    static Fields<Params> fields() {
      return Fields<Params>().real("factor", &Params::factor, "1", "work claimed over work done", 1, 1000);
    }
  };
  static About about() {
    return {
        "work_inflation", "computes honestly and bills for more",
        "The activations are honest and so is every proof about them; the work units on the bill are `factor` times "
        "what was done. Only a check of the count sees it.",
        "PrimeIntellect-ai/protocol validator: claimed against actual work units"};
  }
  explicit WorkInflation(const Params& params) : params_(params) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = a.honest},
            .cheat = measured_as("work_inflation", params_.factor, 1.5),
            .claimed = params_.factor};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(BehaviourPolicy, WorkInflation);

}  // namespace
}  // namespace orrery::sim::behaviour
