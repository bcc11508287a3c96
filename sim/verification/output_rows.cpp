#include "sim/verification/output_rows.hpp"

#include <cmath>
#include <limits>

#include "kernels/codec.hpp"

namespace orrery::sim::verification {

Bytes rows_bytes(Tokens rows, int hidden) {
  return Bytes(static_cast<double>(kernels::encoded_bytes(kernels::WireFormat::bf16, static_cast<int>(rows), hidden)));
}

Message commit_rows(const execution::Trace& trace) {
  const kernels::ConstMatrixView out = trace.tap(trace.blocks().size());
  Message bytes(kernels::encoded_bytes(kernels::WireFormat::bf16, out.rows, out.cols));
  kernels::encode(kernels::WireFormat::bf16, out, bytes);
  return bytes;
}

execution::Judgement compare_rows(const Message& rows, const execution::Trace& verifier) {
  const kernels::ConstMatrixView own = verifier.tap(verifier.blocks().size());
  if (rows.size() != kernels::encoded_bytes(kernels::WireFormat::bf16, own.rows, own.cols))
    return {.score = std::numeric_limits<double>::infinity(), .malformed = true};
  kernels::Matrix theirs(own.rows, own.cols);
  kernels::decode(kernels::WireFormat::bf16, rows, theirs);
  double sum = 0;
  for (int r = 0; r < own.rows; ++r) {
    double difference = 0, norm = 0;
    for (int c = 0; c < own.cols; ++c) {
      const double d = static_cast<double>(theirs(r, c)) - own(r, c);
      difference += d * d;
      norm += static_cast<double>(own(r, c)) * own(r, c);
    }
    sum += std::sqrt(difference / std::max(norm, 1e-300));
  }
  const double score = sum / own.rows;
  if (!std::isfinite(score)) return {.score = std::numeric_limits<double>::infinity(), .malformed = true};
  return {.score = score};
}

}  // namespace orrery::sim::verification
