// Proof of Sampling: an audit with a small probability, against a stake.
#include "sim/verification/auditing.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/row_commitment.hpp"

namespace orrery::sim::verification {
namespace {

class Sampling final : public Auditing<AuditParams> {
 public:
  struct Params : AuditParams {
    Params() { rate = 0.01; }
    static Fields<Params> fields() { return audit_fields<Params>(); }
  };
  static About about() {
    return {"sampling", "PoSP: after the result is in, a few validators redo it with a small probability",
            "The executor submits the hash of its result; only then does a draw with probability `rate` name the "
            "validators, who submit theirs. All equal: everybody is paid. A difference goes to arbitration. The "
            "comparison is of exact hashes (spML), so it needs execution that is deterministic across devices; the "
            "rate that deters is p > C / ((1 - r) S + (1 - 2 r) R) for a colluding share r, which the incentive "
            "policy of the same name charges.",
            "Zhang et al. 2024, arXiv 2405.00295 (PoSP, spML)"};
  }
  explicit Sampling(const Params& params) : Auditing(params) {}

  std::optional<double> threshold() const override { return 0.5; }
  bool tolerates_drift() const override { return false; }
  std::string detector() const override { return "sampling"; }
  Cost cost(const Shape& shape) const override {
    const double tree = evidence_cost::row_tree_s(static_cast<double>(shape.rows), shape.hidden);
    return {.prove_s = tree, .evidence = commitment_bytes(), .verify_s = tree + evidence_cost::proof_of_draw_s()};
  }
  Message commit(const execution::Trace& executor) const override { return commit_outputs(executor); }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier, Draw) const override {
    return compare_roots(said.commitment, verifier);
  }
  // All must agree.
  Finding conclude(std::span<const Finding> findings) const override {
    Finding all = Finding::unchecked;
    for (const Finding f : findings) {
      if (f == Finding::rejected) return Finding::rejected;
      if (f == Finding::accepted) all = Finding::accepted;
    }
    return all;
  }
};

ORRERY_REGISTER(VerificationPolicy, Sampling);

}  // namespace
}  // namespace orrery::sim::verification
