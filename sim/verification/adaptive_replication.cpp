// BOINC's earned trust.
#include <algorithm>

#include "sim/verification/auditing.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/output_rows.hpp"

namespace orrery::sim::verification {
namespace {

class AdaptiveReplication final : public VerificationPolicy {
 public:
  struct Params {
    std::int64_t trusted_after = 10;
    std::int64_t verifiers = 1;
    double threshold = -1;
    static Fields<Params> fields() {
      return Fields<Params>()
          .integer("trusted_after", &Params::trusted_after, "audits",
                   "consecutive valid results after which a host is trusted now and then (BOINC: 10)", 1, 1e6)
          .integer("verifiers", &Params::verifiers, "nodes", "nodes that redo a replicated claim", 1, 101)
          .real("threshold", &Params::threshold, "1",
                "scores above it are rejected; -1 takes the one that was calibrated for the model", -1, 1e9);
    }
  };
  static About about() {
    return {"adaptive_replication", "who was right n times in a row is checked with probability 1/n",
            "A host whose last n replicated results were valid is replicated always while n < trusted_after and with "
            "probability 1/n from there on; an invalid result sets n back to zero; n grows on replicated results only. "
            "The overhead goes to zero as sqrt(2 / jobs), and so does the protection: who builds trust for ten jobs "
            "and then cheats until caught gets nine of twenty junk results accepted. Rows are compared as in "
            "redundancy.",
            "BOINC/boinc sched_send.cpp, validator.cpp (adaptive replication)"};
  }
  explicit AdaptiveReplication(const Params& params) : params_(params) {}

  Audit select(const Claim&, const History& history, Draw& draw) const override {
    const std::int64_t n = history.consecutive_valid;
    const double chance = n < params_.trusted_after ? 1.0 : 1.0 / static_cast<double>(std::max<std::int64_t>(1, n));
    return {draw.uniform() < chance ? static_cast<int>(params_.verifiers) : 0};
  }
  int committee() const override { return static_cast<int>(params_.verifiers); }
  bool takes_threshold() const override { return true; }
  std::optional<double> threshold() const override {
    if (params_.threshold < 0) return std::nullopt;
    return params_.threshold;
  }
  std::string detector() const override { return "redundancy"; }
  Cost cost(const Shape& shape) const override {
    const double values = static_cast<double>(shape.rows) * shape.hidden;
    return {.prove_s = evidence_cost::writing_s(values),
            .evidence = rows_bytes(shape.rows, shape.hidden),
            .verify_s = evidence_cost::comparing_s(values) + evidence_cost::proof_of_draw_s()};
  }
  Message commit(const execution::Trace& executor) const override { return commit_rows(executor); }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier, Draw) const override {
    return compare_rows(said.commitment, verifier);
  }

 private:
  Params params_;
};

ORRERY_REGISTER(VerificationPolicy, AdaptiveReplication);

}  // namespace
}  // namespace orrery::sim::verification
