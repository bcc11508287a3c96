// Nesa's consensus-based distribution verification, instantiated.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sim/verification/auditing.hpp"
#include "sim/verification/bytes.hpp"
#include "sim/verification/evidence_cost.hpp"

namespace orrery::sim::verification {
namespace {

class Cdv final : public Calibrated<CalibratedParams> {
 public:
  struct Params : CalibratedParams {
    std::int64_t top = 16;
    double quorum = 0.5;
    Params() { verifiers = 3; }
    static Fields<Params> fields() {
      return calibrated_fields<Params>()
          .integer("top", &Params::top, "token", "most likely tokens of each position that are sent", 1, 1024)
          .real("quorum", &Params::quorum, "1", "share of the committee that has to agree with the executor", 0, 1);
    }
  };
  static About about() {
    return {"cdv", "a drawn committee compares next-token distributions",
            "Consensus-based distribution verification: a committee drawn by verifiable randomness recomputes the "
            "claim, commits to its findings before anyone reveals, and compares output distributions instead of bits. "
            "Nesa publishes the idea and neither the distance, the tolerance nor the quorum; ours are: the `top` "
            "probabilities of each position's next token (through the model's head, also for a stage in the middle), "
            "Hellinger distance over them and the rest, averaged over positions, against a calibrated threshold, and "
            "acceptance where at least `quorum` of the committee agrees.",
            "docs.nesa.ai (CDV), arXiv 2407.19401; distance, tolerance and quorum are our reconstruction"};
  }
  explicit Cdv(const Params& params) : Calibrated(params), own_(params) {}

  std::string detector() const override { return own_.top == 16 ? "cdv" : "cdv:top=" + std::to_string(own_.top); }
  Cost cost(const Shape& shape) const override {
    const Tokens scored = std::max<Tokens>(1, shape.rows - std::max<Tokens>(0, shape.prompt - 1));
    const auto top = std::min<Tokens>(own_.top, shape.vocab);
    const double logits = static_cast<double>(scored) * shape.vocab;
    return {.prove_s = evidence_cost::units.likely_value * logits,
            .evidence = Bytes(static_cast<double>(scored * top * static_cast<Tokens>(sizeof(Entry)))),
            .verify_s = evidence_cost::units.likely_value * logits + evidence_cost::proof_of_draw_s()};
  }
  Message commit(const execution::Trace& executor) const override {
    ByteWriter out;
    for (int row = first_row(executor); row < executor.rows(); ++row) {
      const std::vector<double> p = distribution(executor.readout(row));
      for (const std::uint32_t token : likeliest(p)) out.put(Entry{token, static_cast<float>(p[token])});
    }
    return out.take();
  }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier, Draw) const override {
    constexpr execution::Judgement bad{.score = std::numeric_limits<double>::infinity(), .malformed = true};
    ByteReader in(said.commitment);
    double sum = 0;
    int rows = 0;
    for (int row = first_row(verifier); row < verifier.rows(); ++row, ++rows) {
      const std::vector<double> own = distribution(verifier.readout(row));
      std::vector<Entry> theirs(std::min<std::size_t>(static_cast<std::size_t>(own_.top), own.size()));
      if (!in.get_all(std::span<Entry>(theirs))) return bad;
      const double overlap = bhattacharyya(theirs, own);
      if (!(overlap >= 0)) return bad;
      sum += std::sqrt(std::max(0.0, 1 - overlap));
    }
    if (!in.done()) return bad;
    return {.score = sum / std::max(1, rows)};
  }
  Finding conclude(std::span<const Finding> findings) const override {
    int looked = 0, agree = 0;
    for (const Finding f : findings) {
      looked += f != Finding::unchecked ? 1 : 0;
      agree += f == Finding::accepted ? 1 : 0;
    }
    if (looked == 0) return Finding::unchecked;
    return agree >= own_.quorum * looked && agree > 0 ? Finding::accepted : Finding::rejected;
  }

 private:
  struct Entry {
    std::uint32_t token;
    float probability;
  };
  // The row that gives the first generated token, and all after it.
  static int first_row(const execution::Trace& trace) { return std::clamp(trace.prompt() - 1, 0, trace.rows() - 1); }
  static std::vector<double> distribution(const std::vector<float>& logits) {
    const float most = *std::max_element(logits.begin(), logits.end());
    std::vector<double> p;
    for (const float x : logits) p.push_back(std::exp(static_cast<double>(x) - most));
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& x : p) x /= sum;
    return p;
  }
  std::vector<std::uint32_t> likeliest(const std::vector<double>& p) const {
    std::vector<std::uint32_t> order(p.size());
    std::iota(order.begin(), order.end(), 0u);
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(own_.top), p.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                      [&p](std::uint32_t a, std::uint32_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
    order.resize(count);
    return order;
  }
  // Sum over the sent tokens, and the rest as one, of sqrt(p q); negative: no distribution.
  static double bhattacharyya(const std::vector<Entry>& theirs, const std::vector<double>& own) {
    double overlap = 0, sent = 0, mine = 0;
    std::vector<bool> seen(own.size(), false);
    for (const Entry& e : theirs) {
      if (e.token >= own.size() || seen[e.token] || !(e.probability >= 0) || e.probability > 1.0001F) return -1;
      seen[e.token] = true;
      overlap += std::sqrt(static_cast<double>(e.probability) * own[e.token]);
      sent += e.probability;
      mine += own[e.token];
    }
    if (sent > 1.0001) return -1;
    return overlap + std::sqrt(std::max(0.0, 1 - sent) * std::max(0.0, 1 - mine));
  }
  Params own_;
};

ORRERY_REGISTER(VerificationPolicy, Cdv);

}  // namespace
}  // namespace orrery::sim::verification
