#include "sim/verification/row_commitment.hpp"

namespace orrery::sim::verification {

MerkleTree tree_of_outputs(const execution::Trace& trace) {
  const kernels::ConstMatrixView out = trace.tap(trace.blocks().size());
  std::vector<Hash> leaves;
  for (int r = 0; r < out.rows; ++r) leaves.push_back(hash_rows(out.slice_rows(r, 1)));
  return MerkleTree(std::move(leaves));
}

Message commit_outputs(const execution::Trace& trace) {
  ByteWriter out;
  out.put(tree_of_outputs(trace).root());
  return out.take();
}

Bytes commitment_bytes() { return Bytes(sizeof(Hash)); }

execution::Judgement compare_roots(const Message& commitment, const execution::Trace& verifier) {
  Hash root;
  ByteReader in(commitment);
  if (!in.get(root) || !in.done()) return {.score = 1, .malformed = true};
  return {.score = root == tree_of_outputs(verifier).root() ? 0.0 : 1.0};
}

}  // namespace orrery::sim::verification
