// Refereed delegation: a dispute is narrowed down to one operator.
#include "sim/verification/auditing.hpp"
#include "sim/verification/bytes.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/merkle.hpp"

namespace orrery::sim::verification {
namespace {

class Refereed final : public Auditing<AuditParams> {
 public:
  struct Params : AuditParams {
    double determinism = 0.05;
    static Fields<Params> fields() {
      return audit_fields<Params>().real(
          "determinism", &Params::determinism, "1",
          "share by which canonical kernels slow execution (RepOps: 0.3 for products; ours: at most 0.05, see orrery "
          "bench kernels, canonical order)",
          0, 10);
    }
  };
  static About about() {
    return {
        "refereed", "bisection to the first operator that differs, which a referee recomputes",
        "The executor commits to the Merkle root over the outputs of all operators of its stage, in order. A "
        "challenger that recomputed them and finds another root descends the tree: at each level the executor opens "
        "two children, the challenger goes into the first that differs, ceil(log2 n) rounds and twice as many "
        "hashes. At the leaf the inputs are agreed on by both, and a referee recomputes that one operator with the "
        "canonical kernel: whoever differs from it loses. One honest challenger is enough, and no tolerance hides "
        "anything, but everybody has to compute with canonical kernels, `determinism` slower: an honest device that "
        "sums in another order loses every dispute.",
        "Arun et al. 2025, arXiv 2502.19405 (Verde, RepOps); Canetti et al. 2011"};
  }
  explicit Refereed(const Params& params) : Auditing(params), own_(params) {}

  std::optional<double> threshold() const override { return 0.5; }
  bool tolerates_drift() const override { return false; }
  bool looks_inside() const override { return true; }
  bool has_referee() const override { return true; }
  std::string detector() const override { return "refereed"; }
  Cost cost(const Shape& shape) const override {
    const auto operators = static_cast<std::size_t>(shape.blocks) * execution::Operators::count;
    const int height = merkle_height(operators);
    // Every operator's output is hashed; the tree is kept for the answers.
    const Bytes inner(4.0 * shape.widest * static_cast<double>(shape.rows) * shape.blocks);
    const double tree =
        evidence_cost::hashing_s(inner) + evidence_cost::tree_s(std::max(1.0, static_cast<double>(operators)));
    return {.slowdown = 1 + own_.determinism,
            .prove_s = tree,
            .evidence = Bytes(sizeof(Hash)),
            .rounds = height,
            .dialogue = Bytes(static_cast<double>(height) * (sizeof(std::uint32_t) + 2 * sizeof(Hash))),
            .passes = 1 + 1.0 / static_cast<double>(operators),
            .verify_s = tree + evidence_cost::path_s(height) + evidence_cost::proof_of_draw_s()};
  }
  int rounds(BlockSpan blocks) const override {
    return merkle_height(static_cast<std::size_t>(blocks.size()) * execution::Operators::count);
  }
  Message commit(const execution::Trace& executor) const override {
    ByteWriter out;
    out.put(tree(executor).root());
    return out.take();
  }
  // The index of the node whose children are asked for; level is the number of the round.
  Message ask(const execution::Dialogue& so_far, const execution::Trace& verifier, Draw) const override {
    ByteWriter out;
    out.put(static_cast<std::uint32_t>(descend(so_far, tree(verifier)).index));
    return out.take();
  }
  Message answer(const execution::Dialogue& so_far, const execution::Trace& executor) const override {
    const MerkleTree& own = tree(executor);
    const int level = own.height() - static_cast<int>(so_far.questions.size());
    std::uint32_t index = 0;
    if (level < 0 || !ByteReader(so_far.questions.back()).get(index)) return {};
    if (index >= std::size_t{1} << (own.height() - level - 1)) return {};
    ByteWriter out;
    out.put(own.node(level, 2 * std::size_t{index}));
    out.put(own.node(level, 2 * std::size_t{index} + 1));
    return out.take();
  }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier, Draw) const override {
    const Descent end = descend(said, tree(verifier));
    if (end.malformed) return {.score = 1, .malformed = true};
    if (end.agrees) return {.score = 0};
    // The verifier's operators are the canonical ones, so the leaf that differs from them is the executor's mistake.
    return {.score = 1};
  }

 private:
  struct Descent {
    std::size_t index = 0;
    bool agrees = false;
    bool malformed = false;
  };
  static const MerkleTree& tree(const execution::Trace& trace) { return trace.worked_out<tree_of_operators>(); }
  static MerkleTree tree_of_operators(const execution::Trace& trace) {
    std::vector<Hash> leaves;
    for (int b = trace.blocks().begin; b < trace.blocks().end; ++b) {
      const execution::Operators& ops = trace.operators(b);
      for (int i = 0; i + 1 < execution::Operators::count; ++i) leaves.push_back(hash_rows(ops.at(i)));
      // The last operator with the sum it goes into: the rows that leave the block.
      leaves.push_back(hash_rows(trace.tap(b + 1 - trace.blocks().begin)));
    }
    return MerkleTree(std::move(leaves));
  }
  // Where the answers so far lead. A tree that agrees is still walked, along its left edge: the number of rounds is
  // part of the protocol.
  static Descent descend(const execution::Dialogue& said, const MerkleTree& own) {
    Descent at;
    Hash node;
    ByteReader commitment(said.commitment);
    at.malformed = !commitment.get(node) || !commitment.done();
    at.agrees = !at.malformed && node == own.root();
    for (std::size_t i = 0; i < said.answers.size() && !at.malformed; ++i) {
      Hash left, right;
      ByteReader in(said.answers[i]);
      at.malformed = !in.get(left) || !in.get(right) || !in.done() || hash_pair(left, right) != node;
      if (at.malformed) break;
      const int level = own.height() - static_cast<int>(i) - 1;
      const bool go_right = left == own.node(level, 2 * at.index) && !at.agrees;
      at.index = 2 * at.index + (go_right ? 1 : 0);
      node = go_right ? right : left;
    }
    return at;
  }
  Params own_;
};

ORRERY_REGISTER(VerificationPolicy, Refereed);

}  // namespace
}  // namespace orrery::sim::verification
