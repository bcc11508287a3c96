// What a protocol demands of the executors it is to judge, checked before anything runs.
#pragma once

#include <string_view>

#include "sim/numerics.hpp"
#include "sim/verification/policy.hpp"

namespace orrery::sim::verification {

// InputError at `place` where honest executors of this population cannot make the policy's evidence: it needs weights
// that they do not hold, or it makes none and activations are computed (`computes`), which somebody would have to show.
void check_demands(const VerificationPolicy& policy, const Population& population, bool computes,
                   std::string_view place);

// The threshold that the policy goes by: its own, or `calibrated` where it has none. InputError at `place` where there
// is neither; NaN for a published rule, which has no single one.
double threshold_of(const VerificationPolicy& policy, std::optional<double> calibrated, std::string_view place);

}  // namespace orrery::sim::verification
