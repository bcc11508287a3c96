// TOPLOC: the largest activations as a polynomial.
#include <algorithm>
#include <limits>

#include "sim/verification/auditing.hpp"
#include "sim/verification/bytes.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/toploc_proof.hpp"

namespace orrery::sim::verification {
namespace {

class Toploc final : public Calibrated<CalibratedParams> {
 public:
  struct Params : CalibratedParams {
    std::int64_t k = 128;
    std::int64_t batch = 32;
    std::string rule = "calibrated";
    static Fields<Params> fields() {
      return calibrated_fields<Params>()
          .integer("k", &Params::k, "1", "values in a proof", 1, 4096)
          .integer("batch", &Params::batch, "token", "generated tokens that share a proof", 1, 4096)
          .choice("rule", &Params::rule, {"calibrated", "published"},
                  "published: at most 38 of 128 exponents differ, mantissas by 10 on average and 8 in the median; "
                  "calibrated: a threshold on the mean distance of the values");
    }
  };
  static About about() {
    return {
        "toploc", "proofs of the 128 largest activations, checked by one prefill",
        "The executor fits a polynomial over GF(65497) through the largest `k` values of its output rows, one "
        "proof for the prompt and one for each `batch` generated tokens: 2 + 2 k bytes each. A verifier prefills the "
        "claimed text, evaluates the polynomial at its own largest positions and compares exponents and "
        "mantissas. The published rule has fixed thresholds; the calibrated one takes the mean distance in steps of "
        "bf16, at most 128 each, of the worst proof, against the threshold of the model's honest devices. Blind "
        "to who decoded: honest prefill over a cheap text passes, where the rows themselves are not at hand.",
        "Ong et al. 2025, arXiv 2501.16007; PrimeIntellect-ai/toploc 7ab7bcd; the calibrated rule is ours"};
  }
  explicit Toploc(const Params& params) : Calibrated(params), own_(params) {}

  bool goes_by_published_rule() const override { return own_.rule == "published"; }
  std::string detector() const override {
    std::string name = own_.rule == "published" ? "toploc:published" : "toploc";
    if (own_.k != 128) name += ":k=" + std::to_string(own_.k);
    return own_.batch == 32 ? name : name + ":batch=" + std::to_string(own_.batch);
  }
  Cost cost(const Shape& shape) const override {
    const Tokens generated = std::max<Tokens>(0, shape.rows - shape.prompt);
    const Tokens proofs = (shape.prompt > 0 ? 1 : 0) + (generated + own_.batch - 1) / own_.batch;
    const double values = static_cast<double>(shape.rows) * shape.hidden;
    const auto k = static_cast<double>(own_.k), made = static_cast<double>(proofs);
    return {.prove_s = evidence_cost::fitting_s(values, made, k),
            .evidence = Bytes(static_cast<double>(proofs * (2 + 2 * own_.k))),
            .verify_s = evidence_cost::evaluating_s(values, made, k) + evidence_cost::proof_of_draw_s()};
  }
  Message commit(const execution::Trace& executor) const override {
    ByteWriter out;
    for (const auto& [first, count] : windows(executor)) {
      const toploc::Proof proof = toploc::prove(top(executor, first, count));
      out.put(proof.modulus);
      out.put_all(std::span<const std::uint16_t>(proof.coefficients));
    }
    return out.take();
  }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier, Draw) const override {
    constexpr execution::Judgement bad{
        .score = std::numeric_limits<double>::infinity(), .malformed = true, .as_published = false};
    execution::Judgement verdict{.as_published = true};
    ByteReader in(said.commitment);
    for (const auto& [first, count] : windows(verifier)) {
      const toploc::Top own = top(verifier, first, count);
      toploc::Proof proof;
      proof.coefficients.resize(own.values.size());
      if (!in.get(proof.modulus) || !in.get_all(std::span<std::uint16_t>(proof.coefficients))) return bad;
      const auto comparison = toploc::compare(proof, own);
      if (!comparison) return bad;
      verdict.score = std::max(verdict.score, comparison->distance);
      verdict.as_published = *verdict.as_published && toploc::accepts_as_published(*comparison);
    }
    return in.done() ? verdict : bad;
  }

 private:
  // The prompt, then runs of generated tokens.
  std::vector<std::pair<int, int>> windows(const execution::Trace& trace) const {
    std::vector<std::pair<int, int>> list;
    const int given = std::min(trace.prompt(), trace.rows());
    if (given > 0) list.emplace_back(0, given);
    const int step = static_cast<int>(own_.batch);
    for (int at = given; at < trace.rows(); at += step) list.emplace_back(at, std::min(step, trace.rows() - at));
    return list;
  }
  toploc::Top top(const execution::Trace& trace, int first, int count) const {
    return toploc::top_k(trace.tap(trace.blocks().size()).slice_rows(first, count), static_cast<int>(own_.k));
  }
  Params own_;
};

ORRERY_REGISTER(VerificationPolicy, Toploc);

}  // namespace
}  // namespace orrery::sim::verification
