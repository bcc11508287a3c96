// Everybody's work is done m times over.
#include "sim/verification/auditing.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/output_rows.hpp"

namespace orrery::sim::verification {
namespace {

class Redundancy final : public Calibrated<CalibratedParams> {
 public:
  struct Params : CalibratedParams {
    std::int64_t quorum = 2;
    Params() {
      rate = 1;
      verifiers = 2;
    }
    static Fields<Params> fields() {
      return calibrated_fields<Params>().integer("quorum", &Params::quorum, "nodes",
                                                 "results, the executor's among them, that have to agree", 1, 101);
    }
  };
  static About about() {
    return {"redundancy", "m of k results must agree within a tolerance",
            "Each claim is redone by `verifiers` other nodes; the executor's rows are accepted where they and at least "
            "quorum - 1 recomputations agree. Agreement is the mean relative distance of the output rows, sent as "
            "bf16, under a tolerance that is calibrated on honest devices: exact equality would reject other devices, "
            "and a wide tolerance lets rounding cheats through. It costs every result k times over and is blind to a "
            "clique that fills the quorum.",
            "Anderson 2004 (BOINC replication); Sarmenta 2001; the tolerance is ours"};
  }
  explicit Redundancy(const Params& params) : Calibrated(params), quorum_(params.quorum) {
    VALIDATE(params.quorum <= params.verifiers + 1, "verification.quorum",
             "is " + std::to_string(params.quorum) + " of " + std::to_string(params.verifiers + 1) + " results",
             "no claim could ever be accepted", "Lower quorum or raise verifiers.");
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
  Finding conclude(std::span<const Finding> findings) const override {
    std::int64_t agree = 1;
    bool looked = false;
    for (const Finding f : findings) {
      agree += f == Finding::accepted ? 1 : 0;
      looked = looked || f != Finding::unchecked;
    }
    if (!looked) return Finding::unchecked;
    return agree >= quorum_ ? Finding::accepted : Finding::rejected;
  }

 private:
  std::int64_t quorum_;
};

ORRERY_REGISTER(VerificationPolicy, Redundancy);

}  // namespace
}  // namespace orrery::sim::verification
