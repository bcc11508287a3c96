#include "sim/verification/demands.hpp"

#include <limits>

#include "kernels/contract.hpp"
#include "sim/verification/cost_model.hpp"

namespace orrery::sim::verification {

void check_demands(const VerificationPolicy& policy, const Population& population, bool computes,
                   std::string_view place) {
  const bool only_costs = dynamic_cast<const CostModel*>(&policy) != nullptr;
  VALIDATE(!only_costs || !computes, place, "'" + policy.detector() + "' makes no evidence",
           "it is a published cost, and execution.mode computes activations that somebody would have to prove",
           "Set execution.mode = \"model\", or choose another policy.");
  VALIDATE(!policy.needs() || *policy.needs() == population.agreed, place,
           "no '" + population.name + "' device can make the evidence of '" + policy.detector() + "'",
           "it checks sums of integers, and these devices do not hold int8 weights",
           "Choose population \"w8a8\", or field = \"float\".");
}

double threshold_of(const VerificationPolicy& policy, std::optional<double> calibrated, std::string_view place) {
  if (policy.goes_by_published_rule()) return std::numeric_limits<double>::quiet_NaN();
  const std::optional<double> own = policy.threshold();
  VALIDATE(own || calibrated, place, "'" + policy.detector() + "' has no threshold",
           "it compares with a tolerance that has to be calibrated on honest devices, and there is no default",
           "Set verification.threshold, or measure one with `orrery calibrate detection`.");
  return own ? *own : *calibrated;
}

}  // namespace orrery::sim::verification
