// Hashes and Merkle trees: what a commitment is made of. SHA-256 (libsodium); leaves and inner nodes are hashed with
// different prefixes, so that neither can be shown for the other.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "kernels/tensor.hpp"

namespace orrery::sim::verification {

using Hash = std::array<std::byte, 32>;

Hash hash_bytes(std::span<const std::byte> bytes);
Hash hash_leaf(std::span<const std::byte> bytes);
Hash hash_pair(const Hash& left, const Hash& right);
// The bits of a matrix's rows.
Hash hash_rows(kernels::ConstMatrixView rows);

// A tree over any number of leaves: the list is filled up to a power of two with the hash of nothing.
class MerkleTree {
 public:
  explicit MerkleTree(std::vector<Hash> leaves);
  const Hash& root() const { return levels_.back().front(); }
  int height() const { return static_cast<int>(levels_.size()) - 1; }
  // The node at `level` (0: leaves) and `index`.
  const Hash& node(int level, std::size_t index) const { return levels_.at(static_cast<std::size_t>(level)).at(index); }
  // Siblings from the leaf up.
  std::vector<Hash> path(std::size_t leaf) const;

 private:
  std::vector<std::vector<Hash>> levels_;
};

// Levels above the leaves of a tree over `leaves` of them.
int merkle_height(std::size_t leaves);
// The root that a leaf and its path lead to.
Hash merkle_root(const Hash& leaf, std::size_t index, std::span<const Hash> path);

}  // namespace orrery::sim::verification
