#include "sim/verification/opened_row.hpp"

#include <algorithm>
#include <cmath>

namespace orrery::sim::verification {

using execution::Operators;
using execution::Trace;

namespace {

std::size_t height_of(const Trace& trace) {
  const auto leaves = static_cast<std::size_t>(trace.blocks().size() + 1) * static_cast<std::size_t>(trace.rows());
  return static_cast<std::size_t>(merkle_height(leaves));
}

std::size_t leaf_of(const Trace& trace, int depth, int row) {
  return static_cast<std::size_t>(depth) * static_cast<std::size_t>(trace.rows()) + static_cast<std::size_t>(row);
}

Hash hash_of(const std::vector<float>& row) { return hash_leaf(std::as_bytes(std::span(row))); }

// Widths of the inner values, in the order of Operators.
std::array<int, Operators::count> widths(const kernels::model::Config& c) {
  const int qkv = c.query_cols() + 2 * c.kv_cols();
  return {c.hidden, qkv, c.query_cols(), c.hidden, c.hidden, 2 * c.ffn, c.ffn, c.hidden};
}

std::array<int, execution::products> product_widths(const kernels::model::Config& c) {
  return {c.query_cols() + 2 * c.kv_cols(), c.hidden, 2 * c.ffn, c.hidden};
}

}  // namespace

MerkleTree tree_of_taps(const Trace& trace) {
  std::vector<Hash> leaves;
  for (int depth = 0; depth <= trace.blocks().size(); ++depth) {
    const kernels::ConstMatrixView rows = trace.tap(depth);
    for (int r = 0; r < rows.rows; ++r) leaves.push_back(hash_rows(rows.slice_rows(r, 1)));
  }
  return MerkleTree(std::move(leaves));
}

void write_opening(const Trace& executor, const MerkleTree& tree, int block, int row, ByteWriter& out) {
  const int depth = block - executor.blocks().begin;
  out.put_all(executor.tap(depth).row_span(row));
  out.put_all(executor.tap(depth + 1).row_span(row));
  const Operators& ops = executor.operators(block);
  for (int i = 0; i < Operators::count; ++i) out.put_all(ops.at(i).view().row_span(row));
  if (executor.agreed_weights() == Weights::w8a8) {
    const auto all = product_widths(executor.config());
    for (std::size_t p = 0; p < all.size(); ++p) {
      const auto width = static_cast<std::size_t>(all[p]);
      // Who did not compute in integers has none to show; it shows zeros, and the check says so.
      std::vector<std::int32_t> sums(width, 0);
      if (!ops.sums[p].empty()) {
        const std::span own = std::span(ops.sums[p]).subspan(static_cast<std::size_t>(row) * width, width);
        sums.assign(own.begin(), own.end());
      }
      out.put_all(std::span<const std::int32_t>(sums));
    }
  }
  for (const int d : {depth, depth + 1}) out.put_all(std::span<const Hash>(tree.path(leaf_of(executor, d, row))));
}

std::optional<OpenedRow> read_opening(const Trace& verifier, ByteReader& in) {
  const kernels::model::Config& config = verifier.config();
  OpenedRow opened;
  const auto get = [&in](auto& values, std::size_t count) {
    values.resize(count);
    return in.get_all(std::span(values));
  };
  // A NaN would go through every comparison that follows.
  const auto get_numbers = [&get](std::vector<float>& values, std::size_t count) {
    return get(values, count) && std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  };
  const auto hidden = static_cast<std::size_t>(config.hidden);
  if (!get_numbers(opened.input, hidden) || !get_numbers(opened.output, hidden)) return std::nullopt;
  const auto all = widths(config);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!get_numbers(opened.inner[i], static_cast<std::size_t>(all[i]))) return std::nullopt;
  }
  if (verifier.agreed_weights() == Weights::w8a8) {
    const auto wide = product_widths(config);
    for (std::size_t p = 0; p < wide.size(); ++p) {
      if (!get(opened.sums[p], static_cast<std::size_t>(wide[p]))) return std::nullopt;
    }
  }
  const std::size_t height = height_of(verifier);
  if (!get(opened.input_path, height) || !get(opened.output_path, height)) return std::nullopt;
  return opened;
}

bool is_committed(const OpenedRow& opened, const Hash& root, const Trace& verifier, int block, int row) {
  const int depth = block - verifier.blocks().begin;
  return merkle_root(hash_of(opened.input), leaf_of(verifier, depth, row), opened.input_path) == root &&
         merkle_root(hash_of(opened.output), leaf_of(verifier, depth + 1, row), opened.output_path) == root;
}

double opening_bytes(int inner_values, int hidden, int blocks, double rows, bool with_sums, int product_values) {
  const int height = merkle_height(static_cast<std::size_t>((blocks + 1) * rows));
  return 4.0 * (inner_values + 2 * hidden + (with_sums ? product_values : 0)) + 2.0 * 32 * height;
}

}  // namespace orrery::sim::verification
