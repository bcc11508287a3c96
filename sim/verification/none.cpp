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

  Audit select(const Claim&, const History&, Draw&) const override { return {.recomputations = 0}; }
  int committee() const override { return 0; }
  std::optional<double> threshold() const override { return 0.0; }
  std::string detector() const override { return "none"; }
  Cost cost(const Shape&) const override { return {.passes = 0}; }
  execution::Message commit(const execution::Trace&) const override { return {}; }
  execution::Judgement judge(const execution::Dialogue&, const execution::Trace&, Draw) const override { return {}; }
};

ORRERY_REGISTER(VerificationPolicy, None);

}  // namespace
}  // namespace orrery::sim::verification
