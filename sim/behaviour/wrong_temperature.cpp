// Draws tokens at a temperature of its own.
#include "sim/behaviour/measured_as.hpp"

namespace orrery::sim::behaviour {
namespace {

class WrongTemperature final : public BehaviourPolicy {
 public:
  struct Params {
    double factor = 1.1;
    static Fields<Params> fields() {
      return Fields<Params>().real("factor", &Params::factor, "1", "its temperature is the agreed one times this", 0.01,
                                   100);
    }
  };
  static About about() {
    return {
        "wrong_temperature", "computes honestly and samples at another temperature",
        "Every activation is honest and the seed is the agreed one; only the temperature is another. A wrong setting "
        "or a wish for shorter texts. Without effect where sampling is greedy, and only where the node samples, in "
        "the laboratory; refused in a run that computes its texts, because there clients draw the tokens.",
        "arXiv 2511.20621 (DiFR), temperature 1.1"};
  }
  explicit WrongTemperature(const Params& params) : params_(params) {}

  Conduct act(const Assignment& a, const Memory&, const Odds*, Draw&) const override {
    return {.stage = {.honest = a.honest},
            .cheat = measured_as("wrong_temperature", params_.factor, 1.1),
            .temperature_factor = params_.factor};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(BehaviourPolicy, WrongTemperature);

}  // namespace
}  // namespace orrery::sim::behaviour
