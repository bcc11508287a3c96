// Nesa's coded protocol: a random question's answer, bit for bit.
#include "sim/verification/auditing.hpp"
#include "sim/verification/evidence_cost.hpp"
#include "sim/verification/row_commitment.hpp"

namespace orrery::sim::verification {
namespace {

class HashChallenge final : public Auditing<AuditParams> {
 public:
  struct Params : AuditParams {
    static Fields<Params> fields() { return audit_fields<Params>(); }
  };
  static About about() {
    return {"hash_challenge", "a random position's exact hash, against the majority of recomputations",
            "The executor commits to the Merkle root over the hashes of all its output rows. With probability `rate` a "
            "position is drawn; the executor opens it with its path, the validators recompute and compare their own "
            "hash of it, and the majority decides: random re-execution, commit-reveal and exact equality, as Nesa's "
            "chain had it in 2024-25 (challenge windows CID, reply, Merkle, origin). It has no tolerance, so an honest "
            "device that sums in another order loses every challenge. Our reading puts rows where theirs had the "
            "answers of a session.",
            "nesaorg/nesa-sdk protobuf 2024-2025 (CHALLENGE_SUBMIT_CID ... ORIGIN)"};
  }
  explicit HashChallenge(const Params& params) : Auditing(params) {}

  std::optional<double> threshold() const override { return 0.5; }
  bool tolerates_drift() const override { return false; }
  std::string detector() const override { return "hash_challenge"; }
  Cost cost(const Shape& shape) const override {
    const int height = merkle_height(static_cast<std::size_t>(std::max<Tokens>(1, shape.rows)));
    const double tree = evidence_cost::row_tree_s(static_cast<double>(shape.rows), shape.hidden);
    return {.prove_s = tree,
            .evidence = commitment_bytes(),
            .rounds = 1,
            .dialogue = Bytes(static_cast<double>(sizeof(std::uint32_t) + sizeof(Hash) * (1 + height))),
            .verify_s = tree + evidence_cost::path_s(height) + evidence_cost::proof_of_draw_s()};
  }
  int rounds(BlockSpan) const override { return 1; }
  Message commit(const execution::Trace& executor) const override { return commit_outputs(executor); }
  Message ask(const execution::Dialogue&, const execution::Trace& verifier, Draw draw) const override {
    ByteWriter out;
    out.put(static_cast<std::uint32_t>(draw.below(static_cast<std::uint64_t>(verifier.rows()))));
    return out.take();
  }
  Message answer(const execution::Dialogue& so_far, const execution::Trace& executor) const override {
    std::uint32_t row = 0;
    if (!ByteReader(so_far.questions.back()).get(row) || row >= static_cast<std::uint32_t>(executor.rows())) return {};
    const MerkleTree tree = tree_of_outputs(executor);
    ByteWriter out;
    out.put(tree.node(0, row));
    out.put_all(std::span<const Hash>(tree.path(row)));
    return out.take();
  }
  execution::Judgement judge(const execution::Dialogue& said, const execution::Trace& verifier,
                             Draw draw) const override {
    const auto row = static_cast<std::size_t>(draw.below(static_cast<std::uint64_t>(verifier.rows())));
    const MerkleTree own = tree_of_outputs(verifier);
    Hash root, leaf;
    std::vector<Hash> path(static_cast<std::size_t>(own.height()));
    ByteReader commitment(said.commitment), answer(said.answers.at(0));
    const bool read = commitment.get(root) && commitment.done() && answer.get(leaf) &&
                      answer.get_all(std::span<Hash>(path)) && answer.done();
    if (!read || merkle_root(leaf, row, path) != root) return {.score = 1, .malformed = true};
    return {.score = leaf == own.node(0, row) ? 0.0 : 1.0};
  }
};

ORRERY_REGISTER(VerificationPolicy, HashChallenge);

}  // namespace
}  // namespace orrery::sim::verification
