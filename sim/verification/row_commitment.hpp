// A commitment to every row of a stage's output, bit for bit: the protocols that compare exactly share it. One leaf a
// position; the root is what is sent, and a position is opened with its path.
#pragma once

#include "sim/verification/bytes.hpp"
#include "sim/verification/merkle.hpp"

namespace orrery::sim::verification {

MerkleTree tree_of_outputs(const execution::Trace& trace);
Message commit_outputs(const execution::Trace& trace);
Bytes commitment_bytes();
// Is the commitment a root, and is it the verifier's own? Score 0 or 1.
execution::Judgement compare_roots(const Message& commitment, const execution::Trace& verifier);

}  // namespace orrery::sim::verification
