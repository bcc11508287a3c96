// Token-DiFR: are these the tokens that the agreed seed gives?
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/execution/gumbel.hpp"
#include "sim/verification/auditing.hpp"
#include "sim/verification/bytes.hpp"
#include "sim/verification/evidence_cost.hpp"

namespace orrery::sim::verification {
namespace {

class TokenDifr final : public Calibrated<CalibratedParams> {
 public:
  struct Params : CalibratedParams {
    double clip = 0.5;
    static Fields<Params> fields() {
      return calibrated_fields<Params>().real("clip", &Params::clip, "1", "the most that one token's margin counts",
                                              1e-3, 100);
    }
  };
  static About about() {
    return {
        "token_difr", "the text against a recomputation with the same sampling seed",
        "Tokens are drawn by the Gumbel-max trick from a seed that client and executor share. The verifier prefills "
        "the claimed text and takes for each token the margin by which it lost against the token that the "
        "verifier's own logits and the same noise give; margins are clipped and averaged. It costs the executor "
        "next to nothing and no byte of proof. It sees whatever changes the text, wrong seeds and temperatures "
        "included, "
        "and counts the tokens that are paid for; it needs the sampler to be agreed on to the last detail, and it "
        "judges the text as a whole: of a pipeline it cannot say which stage was at fault.",
        "Karvonen et al. 2025, arXiv 2511.20621 (DiFR)"};
  }
  explicit TokenDifr(const Params& params) : Calibrated(params), own_(params) {}

  Scope scope() const override { return Scope::text; }
  std::string detector() const override {
    return own_.clip == 0.5 ? "token_difr" : "token_difr:clip=" + config::write_real(own_.clip);
  }
  Cost cost(const Shape& shape) const override {
    const auto scored = static_cast<double>(std::max<Tokens>(0, shape.rows - std::max<Tokens>(0, shape.prompt - 1)));
    return {.prove_s = evidence_cost::units.written_message,
            .evidence = Bytes(sizeof(double)),
            .verify_s = evidence_cost::units.gumbel_value * scored * shape.vocab + evidence_cost::proof_of_draw_s()};
  }
  // The text is known; what is added is the number of positions that the executor wants to be paid for.
  Message commit(const execution::Trace& executor) const override {
    ByteWriter out;
    out.put(executor.claimed_rows());
    return out.take();
  }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier, Draw) const override {
    constexpr execution::Judgement bad{.score = std::numeric_limits<double>::infinity(), .malformed = true};
    double claimed = 0;
    ByteReader in(said.commitment);
    // Nobody bills for less than a position.
    if (!in.get(claimed) || !in.done() || !std::isfinite(claimed) || claimed < 1) return bad;
    if (claimed > verifier.rows() + 0.5) return {.score = std::numeric_limits<double>::infinity()};
    double sum = 0;
    int scored = 0;
    const std::span<const int> tokens = verifier.tokens();
    for (int at = verifier.prompt(); at < static_cast<int>(tokens.size()); ++at) {
      const std::vector<float> logits = verifier.readout(at - 1);
      const int token = tokens[static_cast<std::size_t>(at)];
      if (token < 0 || token >= static_cast<int>(logits.size())) return bad;
      const double margin = execution::gumbel_margin(logits, verifier.temperature(), verifier.sampling_seed(),
                                                     static_cast<std::uint32_t>(at), token);
      sum += std::min(margin, own_.clip);
      ++scored;
    }
    return {.score = scored > 0 ? sum / scored : 0};
  }

 private:
  Params own_;
};

ORRERY_REGISTER(VerificationPolicy, TokenDifr);

}  // namespace
}  // namespace orrery::sim::verification
