// Freivalds' check on opened positions.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "kernels/mlp.hpp"
#include "kernels/norm.hpp"
#include "sim/verification/auditing.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/freivalds_check.hpp"
#include "sim/verification/opened_row.hpp"

namespace orrery::sim::verification {
namespace {

// Relative Euclidean distance of two rows; 2 where it is no number.
double distance(std::span<const float> a, std::span<const float> b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    difference += d * d;
    norm += static_cast<double>(b[i]) * b[i];
  }
  const double ratio = std::sqrt(difference / std::max(norm, 1e-300));
  return std::isfinite(ratio) ? ratio : 2.0;
}

double norm(std::span<const float> x) {
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v) * v;
  return std::sqrt(sum);
}

class Freivalds final : public Calibrated<CalibratedParams> {
 public:
  struct Params : CalibratedParams {
    std::int64_t openings = 8;
    std::int64_t probes = 2;
    std::string field = "float";
    static Fields<Params> fields() {
      return calibrated_fields<Params>()
          .integer("openings", &Params::openings, "1", "positions that are opened, each of one block", 1, 4096)
          .integer("probes", &Params::probes, "1", "secret vectors a product is checked with", 1, 64)
          .choice("field", &Params::field, {"float", "int8"},
                  "float: Gaussian probes and a tolerance; int8: probes over GF(2^32 - 5), exact, where every executor "
                  "holds its weights as w8a8");
    }
  };
  static About about() {
    return {
        "freivalds", "opened positions, their products checked with secret vectors",
        "The executor commits to every row at every block boundary. The verifier draws `openings` pairs (position, "
        "block); for each the executor lays open all inner rows. Both ends must hash to the commitment, the four "
        "products are checked with precomputed secret probes (r W) x = r z, the rest is recomputed, and the residual "
        "sum has to give the output. It needs no pass through the model. What attention did to earlier positions is "
        "not checked, so rounding the KV cache is invisible to it; that the rows are those of this request is seen "
        "where "
        "the first block is opened. The score is the largest relative error found; with integers the products are "
        "exact and any error counts as 1.",
        "Freivalds 1977; precomputed secret after lambdaclass/CommitLLM; the openings' chain of checks is ours"};
  }
  explicit Freivalds(const Params& params) : Calibrated(params), own_(params) {}

  std::optional<Weights> needs() const override {
    if (own_.field == "float") return std::nullopt;
    return Weights::w8a8;
  }
  bool looks_inside() const override { return true; }
  std::string detector() const override {
    std::string name = own_.field == "float" ? "freivalds" : "freivalds:int8";
    if (own_.openings != 8) name += ":openings=" + std::to_string(own_.openings);
    return own_.probes == 2 ? name : name + ":probes=" + std::to_string(own_.probes);
  }
  Cost cost(const Shape& shape) const override {
    const double inner = shape.widest;
    const double sums = own_.field == "int8" ? shape.widest - 3.0 * shape.hidden : 0;
    const Tokens leaves = (shape.blocks + 1) * shape.rows;
    const int height = merkle_height(static_cast<std::size_t>(leaves));
    const double one = 4 * (inner + 2.0 * shape.hidden + sums) + 64.0 * height;
    // Both ends hashed up to the root, every value in a product with each probe, and once more in what is recomputed.
    // Probes are made once and kept, so they are no part of a check.
    const double check = 2 * (evidence_cost::hashing_s(Bytes(4.0 * shape.hidden)) + evidence_cost::path_s(height)) +
                         evidence_cost::inner_products_s(static_cast<double>(own_.probes) * inner, sums > 0) +
                         evidence_cost::comparing_s(inner);
    const auto openings = static_cast<double>(std::min<Tokens>(own_.openings, shape.blocks * shape.rows));
    return {.prove_s = evidence_cost::row_tree_s(static_cast<double>(leaves), shape.hidden),
            .evidence = Bytes(sizeof(Hash)),
            .rounds = 1,
            .dialogue = Bytes(openings * (one + 2 * sizeof(std::uint32_t))),
            .passes = openings * static_cast<double>(own_.probes) * 2 * inner * shape.blocks /
                      (2 * shape.parameters * static_cast<double>(shape.rows)),
            .verify_s = openings * check + evidence_cost::proof_of_draw_s()};
  }
  int rounds(BlockSpan) const override { return 1; }
  Message commit(const execution::Trace& executor) const override {
    ByteWriter out;
    out.put(tree(executor).root());
    return out.take();
  }
  Message ask(const execution::Dialogue&, const execution::Trace& verifier, Draw draw) const override {
    ByteWriter out;
    for (const auto& [block, row] : challenges(verifier, draw)) {
      out.put(static_cast<std::uint32_t>(block));
      out.put(static_cast<std::uint32_t>(row));
    }
    return out.take();
  }
  Message answer(const execution::Dialogue& so_far, const execution::Trace& executor) const override {
    ByteReader in(so_far.questions.back());
    ByteWriter out;
    const MerkleTree& own = tree(executor);
    // No more than the protocol has, whatever is asked.
    std::uint32_t block = 0, row = 0;
    for (std::int64_t i = openings(executor); i > 0 && in.get(block) && in.get(row); --i) {
      const auto begin = static_cast<std::uint32_t>(executor.blocks().begin);
      const auto end = static_cast<std::uint32_t>(executor.blocks().end);
      if (block < begin || block >= end || row >= static_cast<std::uint32_t>(executor.rows())) return {};
      write_opening(executor, own, static_cast<int>(block), static_cast<int>(row), out);
    }
    return out.take();
  }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier,
                             Draw draw) const override {
    constexpr execution::Judgement bad{.score = std::numeric_limits<double>::infinity(), .malformed = true};
    Hash root;
    ByteReader commitment(said.commitment), in(said.answers.at(0));
    if (!commitment.get(root) || !commitment.done()) return bad;
    const auto list = challenges(verifier, draw);
    std::vector<OpenedRow> opened;
    for (const auto& [block, row] : list) {
      auto one = read_opening(verifier, in);
      if (!one || !is_committed(*one, root, verifier, block, row)) return bad;
      opened.push_back(std::move(*one));
    }
    if (!in.done()) return bad;
    // Nothing is computed for whoever cannot even speak.
    double worst = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      // True work on other rows than were asked for is no work.
      if (!begins_as_asked(opened[i], verifier, list[i])) return {.score = std::numeric_limits<double>::infinity()};
      const double error = check(opened[i], verifier, list[i].first, draw);
      if (!std::isfinite(error)) return bad;
      worst = std::max(worst, error);
    }
    return {.score = worst};
  }

 private:
  static const MerkleTree& tree(const execution::Trace& trace) { return trace.worked_out<tree_of_taps>(); }
  // Of a stage; of a small one all positions that there are.
  std::int64_t openings(const execution::Trace& trace) const {
    return std::min(own_.openings, std::int64_t{trace.blocks().size()} * trace.rows());
  }
  // Different ones: what was opened once tells nothing new. In the order of blocks, so that an executor recomputes each
  // block's inner values once. Floyd's draw of a subset (Bentley and Floyd 1987).
  std::vector<std::pair<int, int>> challenges(const execution::Trace& verifier, Draw& draw) const {
    const int rows = verifier.rows();
    const std::int64_t all = std::int64_t{verifier.blocks().size()} * rows;
    std::set<std::int64_t> chosen;
    for (std::int64_t last = all - openings(verifier); last < all; ++last) {
      const auto drawn = static_cast<std::int64_t>(draw.below(static_cast<std::uint64_t>(last) + 1));
      chosen.insert(chosen.contains(drawn) ? last : drawn);
    }
    std::vector<std::pair<int, int>> list;
    for (const std::int64_t at : chosen)
      list.emplace_back(verifier.blocks().begin + static_cast<int>(at / rows), static_cast<int>(at % rows));
    return list;
  }

  // Where a stage's first block is opened, what went in is known to both.
  static bool begins_as_asked(const OpenedRow& o, const execution::Trace& verifier, std::pair<int, int> place) {
    if (place.first != verifier.blocks().begin) return true;
    const auto asked = verifier.tap(0).row_span(place.second);
    return std::equal(o.input.begin(), o.input.end(), asked.begin(), asked.end());
  }

  double check(const OpenedRow& o, const execution::Trace& verifier, int block, Draw& draw) const {
    const execution::Block& agreed = verifier.agreed(block);
    const auto& [attention_norm, qkv, mixed, attention, ffn_norm, gate_up, gated, ffn] = o.inner;
    double worst = nonlinear(o, verifier, *agreed.weights);
    const std::vector<float>* inputs[] = {&attention_norm, &mixed, &ffn_norm, &gated};
    const std::vector<float>* outputs[] = {&qkv, &attention, &gate_up, &ffn};
    for (int p = 0; p < execution::products; ++p) {
      worst = std::max(worst, product(*inputs[p], *outputs[p], o.sums[static_cast<std::size_t>(p)], agreed,
                                      static_cast<execution::Product>(p), draw));
    }
    return worst;
  }

  // What costs as little as checking it: norms, the gate, the residual sums.
  static double nonlinear(const OpenedRow& o, const execution::Trace& verifier,
                          const kernels::model::BlockWeights& weights) {
    const kernels::model::Config& config = verifier.config();
    const auto view = [](const std::vector<float>& x) {
      const int n = static_cast<int>(x.size());
      return kernels::ConstMatrixView{x.data(), 1, n, n};
    };
    const auto& [attention_norm, qkv, mixed, attention, ffn_norm, gate_up, gated, ffn] = o.inner;
    kernels::Matrix own(1, config.hidden), middle = kernels::Matrix::copy(view(o.input));
    kernels::rms_norm(view(o.input), weights.attention_norm, config.norm_eps, own, {});
    double worst = distance(attention_norm, own.span());
    kernels::add(middle, view(attention), {});
    kernels::rms_norm(middle, weights.ffn_norm, config.norm_eps, own, {});
    worst = std::max(worst, distance(ffn_norm, own.span()));
    kernels::Matrix gate(1, config.ffn);
    const kernels::ConstMatrixView both = view(gate_up);
    kernels::swiglu(both.slice_cols(0, config.ffn), both.slice_cols(config.ffn, config.ffn), gate, {});
    worst = std::max(worst, distance(gated, gate.span()));
    kernels::add(middle, view(ffn), {});
    return std::max(worst, distance(o.output, middle.span()));
  }

  double product(const std::vector<float>& x, const std::vector<float>& y, const std::vector<std::int32_t>& sums,
                 const execution::Block& agreed, execution::Product which, Draw& draw) const {
    double worst = 0;
    if (own_.field == "float") {
      const double scale = std::max(norm(y), 1e-30);
      for (std::int64_t i = 0; i < own_.probes; ++i) {
        const auto probe = freivalds::gauss_probe(agreed.matrix(which), draw);
        worst = std::max(worst, std::abs(freivalds::residual(probe, x, y)) / scale);
      }
      return worst;
    }
    const execution::Int8Rows& w = agreed.int8[static_cast<std::size_t>(which)];
    const int n = static_cast<int>(x.size());
    const execution::Int8Rows in = execution::to_int8_rows({x.data(), 1, n, n});
    for (std::int64_t i = 0; i < own_.probes; ++i) {
      const auto probe = freivalds::field_probe(w, draw);
      if (!freivalds::passes(probe, in.values, sums)) return 1;
    }
    std::vector<float> scaled;
    for (std::size_t c = 0; c < y.size(); ++c)
      scaled.push_back(static_cast<float>(sums[c]) * in.scales[0] * w.scales[c]);
    return distance(y, scaled);
  }
  Params own_;
};

ORRERY_REGISTER(VerificationPolicy, Freivalds);

}  // namespace
}  // namespace orrery::sim::verification
