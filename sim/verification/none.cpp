// Nobody looks.
#include "sim/verification/policy.hpp"

namespace orrery::sim::verification {
namespace {

class None final : public VerificationPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {"none", "no claim is audited",
            "Every claim is believed: nothing is recomputed, no verdict is given, and nothing is charged for it. What "
            "a swarm of honest volunteers does (Petals), and the baseline for the price of looking: with dishonest "
            "nodes it shows what goes through unseen.",
            "ours (the null model)"};
  }
  explicit None(const Params&) {}

  Audit select(const Claim&, Draw&) const override { return {.recomputations = 0}; }
  Finding judge(const Claim&, std::span<const float>, std::span<const std::span<const float>>) const override {
    return Finding::unchecked;
  }
};

ORRERY_REGISTER(VerificationPolicy, None);

}  // namespace
}  // namespace orrery::sim::verification
