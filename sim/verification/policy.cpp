#include "sim/verification/policy.hpp"

namespace orrery::sim::verification {

Finding VerificationPolicy::conclude(std::span<const Finding> findings) const {
  int accepted = 0, rejected = 0;
  for (const Finding f : findings) {
    accepted += f == Finding::accepted ? 1 : 0;
    rejected += f == Finding::rejected ? 1 : 0;
  }
  if (accepted + rejected == 0) return Finding::unchecked;
  return rejected > accepted ? Finding::rejected : Finding::accepted;
}

Finding decide(const VerificationPolicy& policy, const execution::Judgement& judgement, double threshold) {
  if (judgement.malformed) return Finding::rejected;
  if (policy.goes_by_published_rule()) {
    EXPECT(judgement.as_published.has_value());
    return *judgement.as_published ? Finding::accepted : Finding::rejected;
  }
  // A score that is no number is not below a threshold.
  return judgement.score <= threshold ? Finding::accepted : Finding::rejected;
}

}  // namespace orrery::sim::verification
