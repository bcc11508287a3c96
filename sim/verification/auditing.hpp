// What most verification policies share: claims are drawn for an audit with one probability, each looked at by so many
// verifiers.
#pragma once

#include "sim/verification/policy.hpp"

namespace orrery::sim::verification {

struct AuditParams {
  double rate = 0.1;
  std::int64_t verifiers = 1;
};

template <class P>
Fields<P> audit_fields() {
  return Fields<P>()
      .real("rate", &P::rate, "1", "probability that a claim is audited, drawn after it was made", 0, 1)
      .integer("verifiers", &P::verifiers, "nodes", "nodes that redo an audited claim, each on its own", 1, 101);
}

// Also a threshold that is calibrated unless it is given.
struct CalibratedParams : AuditParams {
  double threshold = -1;
};

template <class P>
Fields<P> calibrated_fields() {
  return audit_fields<P>().real("threshold", &P::threshold, "1",
                                "scores above it are rejected; -1 takes the one that was calibrated for the model", -1,
                                1e9);
}

template <class Params>
class Auditing : public VerificationPolicy {
 public:
  explicit Auditing(const Params& params) : params_(params) {}
  Audit select(const Claim&, const History&, Draw& draw) const override {
    return {draw.uniform() < params_.rate ? static_cast<int>(params_.verifiers) : 0};
  }
  int committee() const override { return static_cast<int>(params_.verifiers); }

 protected:
  Params params_;
};

template <class Params>
class Calibrated : public Auditing<Params> {
 public:
  using Auditing<Params>::Auditing;
  std::optional<double> threshold() const override {
    if (this->params_.threshold < 0) return std::nullopt;
    return this->params_.threshold;
  }
  bool takes_threshold() const override { return true; }
};

}  // namespace orrery::sim::verification
