// Outputs themselves as evidence, in bf16, compared with a tolerance.
#pragma once

#include "sim/verification/bytes.hpp"

namespace orrery::sim::verification {

// Every row of the stage's output.
Message commit_rows(const execution::Trace& trace);
Bytes rows_bytes(Tokens rows, int hidden);
// Score: mean over rows of |theirs - own| / |own| (Euclidean).
execution::Judgement compare_rows(const Message& rows, const execution::Trace& verifier);

}  // namespace orrery::sim::verification
