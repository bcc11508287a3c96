// One position of one block laid open: what went in, everything in between, what came out, and the paths that tie both
// ends to the commitment.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "sim/verification/bytes.hpp"
#include "sim/verification/merkle.hpp"

namespace orrery::sim::verification {

struct OpenedRow {
  std::vector<float> input, output;
  std::array<std::vector<float>, execution::Operators::count> inner;  // in the order of execution::Operators
  std::array<std::vector<std::int32_t>, execution::products> sums;    // w8a8 only
  std::vector<Hash> input_path, output_path;
};

// A leaf for every row at every block boundary of the stage; boundary d, row t is leaf d * rows + t.
MerkleTree tree_of_taps(const execution::Trace& trace);

void write_opening(const execution::Trace& executor, const MerkleTree& tree, int block, int row, ByteWriter& out);
// None: too short for the shapes of this model, or a value is NaN or infinite.
std::optional<OpenedRow> read_opening(const execution::Trace& verifier, ByteReader& in);
// Are both ends what was committed to?
bool is_committed(const OpenedRow& opened, const Hash& root, const execution::Trace& verifier, int block, int row);
double opening_bytes(int inner_values, int hidden, int blocks, double rows, bool with_sums, int product_values);

}  // namespace orrery::sim::verification
