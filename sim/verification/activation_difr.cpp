// Activation-DiFR: random projections of activations, at one depth or at a random one.
#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/verification/auditing.hpp"
#include "sim/verification/bytes.hpp"
#include "sim/verification/evidence_cost.hpp"

namespace orrery::sim::verification {
namespace {

class ActivationDifr final : public Calibrated<CalibratedParams> {
 public:
  struct Params : CalibratedParams {
    std::int64_t projections = 8;
    std::int64_t checkpoints = 4;
    std::string depth = "full";
    static Fields<Params> fields() {
      return calibrated_fields<Params>()
          .integer("projections", &Params::projections, "1", "numbers that a row is projected to", 1, 1024)
          .integer("checkpoints", &Params::checkpoints, "1", "depths of the stage at which a fingerprint is taken", 1,
                   128)
          .choice(
              "depth", &Params::depth, {"full", "uniform", "shallow", "first"},
              "down to which checkpoint a verifier recomputes: the last; a random one, each as likely or those nearer "
              "to the input more so (weight 1/2, 1/4, ...); or always the first, which a cheat in later blocks "
              "never meets");
    }
  };
  static About about() {
    return {"activation_difr", "random projections of activations, recomputed down to a random depth",
            "At `checkpoints` evenly spaced depths the executor ships y = P h for every row, P a matrix of Gaussian "
            "numbers that everybody derives from a public seed. The verifier recomputes to one depth only and takes "
            "the distance |y - y'| / |y'|, averaged over rows, against a calibrated threshold. A random depth catches "
            "a cheat whose first changed block lies in the part with probability P(d >= c), at a fraction of a full "
            "recomputation. One depth is drawn for a claim, not one for each token: to recompute a token at a depth "
            "takes the keys and values of all tokens before it there, so the deepest one would be paid for anyway. "
            "Blind to whatever happens after the activations: sampling, and cheap decoding that an "
            "honest prefill covers up. The relative distance (theirs is absolute) makes depths comparable and is ours.",
            "Karvonen et al. 2025, arXiv 2511.20621 (DiFR); random depth after its public extension"};
  }
  explicit ActivationDifr(const Params& params) : Calibrated(params), own_(params) {}

  std::string detector() const override {
    std::string name = own_.depth == "full" ? "activation_difr" : "activation_difr:" + own_.depth;
    if (own_.projections != 8) name += ":projections=" + std::to_string(own_.projections);
    return own_.checkpoints == 4 ? name : name + ":checkpoints=" + std::to_string(own_.checkpoints);
  }
  Cost cost(const Shape& shape) const override {
    const auto width = static_cast<double>(own_.projections), rows = static_cast<double>(shape.rows);
    const double one = evidence_cost::projecting_s(width, rows, shape.hidden);
    return {.prove_s = depths(shape.blocks) * one,
            .evidence = Bytes(4.0 * static_cast<double>(own_.projections * depths(shape.blocks) * shape.rows)),
            .passes = mean_depth(shape.blocks),
            .verify_s = one + evidence_cost::comparing_s(width * rows) + evidence_cost::proof_of_draw_s()};
  }
  Message commit(const execution::Trace& executor) const override {
    ByteWriter out;
    const int count = depths(executor.blocks().size());
    for (int i = 1; i <= count; ++i) {
      const std::vector<float> y = project(executor.tap(depth_of(i, executor.blocks().size())), i);
      out.put_all(std::span<const float>(y));
    }
    return out.take();
  }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier,
                             Draw draw) const override {
    constexpr execution::Judgement bad{.score = std::numeric_limits<double>::infinity(), .malformed = true};
    const int blocks = verifier.blocks().size(), count = depths(blocks);
    const auto width = static_cast<std::size_t>(own_.projections), rows = static_cast<std::size_t>(verifier.rows());
    std::vector<float> all(width * rows * static_cast<std::size_t>(count));
    ByteReader in(said.commitment);
    if (!in.get_all(std::span<float>(all)) || !in.done()) return bad;
    // Also at the depths that are not looked at.
    if (!std::all_of(all.begin(), all.end(), [](float v) { return std::isfinite(v); })) return bad;
    const int checkpoint = draw_checkpoint(count, draw);
    const std::vector<float> own = project(verifier.tap(depth_of(checkpoint, blocks)), checkpoint);
    const std::span theirs = std::span(all).subspan(static_cast<std::size_t>(checkpoint - 1) * width * rows);
    double sum = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      double difference = 0, norm = 0;
      for (std::size_t j = r * width; j < (r + 1) * width; ++j) {
        const double d = static_cast<double>(theirs[j]) - own[j];
        difference += d * d;
        norm += static_cast<double>(own[j]) * own[j];
      }
      sum += std::sqrt(difference / std::max(norm, 1e-300));
    }
    const double score = sum / static_cast<double>(rows);
    return std::isfinite(score) ? execution::Judgement{.score = score} : bad;
  }

 private:
  int depths(int blocks) const { return std::min(blocks, static_cast<int>(own_.checkpoints)); }
  // Of the i-th checkpoint, i = 1 .. depths: the last one is the stage's output.
  int depth_of(int i, int blocks) const { return (i * blocks + depths(blocks) - 1) / depths(blocks); }
  int draw_checkpoint(int count, Draw& draw) const {
    if (own_.depth == "full") return count;
    if (own_.depth == "first") return 1;
    if (own_.depth == "uniform") return 1 + static_cast<int>(draw.below(static_cast<std::uint64_t>(count)));
    int i = 1;
    while (i < count && draw.uniform() >= 0.5) ++i;
    return i;
  }
  double mean_depth(int blocks) const {
    const int count = depths(blocks);
    const auto share = [&](int i) { return static_cast<double>(depth_of(i, blocks)) / blocks; };
    if (own_.depth == "full") return 1;
    if (own_.depth == "first") return share(1);
    double sum = 0;
    for (int i = 1; i <= count; ++i) {
      const double shallow = i < count ? std::ldexp(1.0, -i) : std::ldexp(1.0, 1 - count);
      sum += share(i) * (own_.depth == "uniform" ? 1.0 / count : shallow);
    }
    return sum;
  }
  std::vector<float> project(kernels::ConstMatrixView rows, int checkpoint) const {
    const auto width = static_cast<std::size_t>(own_.projections);
    // Public: the seed is part of the protocol, so that the executor can make what the verifier checks.
    Draw draw(0x0d1f5, Stream::verification, static_cast<std::uint32_t>(checkpoint));
    std::vector<float> p(width * static_cast<std::size_t>(rows.cols));
    for (float& v : p) v = static_cast<float>(draw.normal());
    std::vector<float> y;
    for (int r = 0; r < rows.rows; ++r) {
      for (std::size_t j = 0; j < width; ++j) {
        double sum = 0;
        for (int c = 0; c < rows.cols; ++c)
          sum += static_cast<double>(p[j * static_cast<std::size_t>(rows.cols) + static_cast<std::size_t>(c)]) *
                 rows(r, c);
        y.push_back(static_cast<float>(sum));
      }
    }
    return y;
  }
  Params own_;
};

ORRERY_REGISTER(VerificationPolicy, ActivationDifr);

}  // namespace
}  // namespace orrery::sim::verification
