#include "sim/verification/merkle.hpp"

#include <algorithm>

#include <sodium.h>

namespace orrery::sim::verification {
namespace {

class Sha256 {
 public:
  Sha256() { crypto_hash_sha256_init(&state_); }
  Sha256& add(const void* bytes, std::size_t count) {
    crypto_hash_sha256_update(&state_, static_cast<const unsigned char*>(bytes), count);
    return *this;
  }
  Hash finish() {
    Hash out;
    crypto_hash_sha256_final(&state_, reinterpret_cast<unsigned char*>(out.data()));
    return out;
  }

 private:
  crypto_hash_sha256_state state_;
};

}  // namespace

Hash hash_bytes(std::span<const std::byte> bytes) { return Sha256().add(bytes.data(), bytes.size()).finish(); }

Hash hash_leaf(std::span<const std::byte> bytes) {
  constexpr unsigned char leaf = 0;
  return Sha256().add(&leaf, 1).add(bytes.data(), bytes.size()).finish();
}

Hash hash_pair(const Hash& left, const Hash& right) {
  constexpr unsigned char inner = 1;
  return Sha256().add(&inner, 1).add(left.data(), left.size()).add(right.data(), right.size()).finish();
}

Hash hash_rows(kernels::ConstMatrixView rows) {
  constexpr unsigned char leaf = 0;
  Sha256 hash;
  hash.add(&leaf, 1);
  for (int r = 0; r < rows.rows; ++r) hash.add(rows.row(r), sizeof(float) * static_cast<std::size_t>(rows.cols));
  return hash.finish();
}

MerkleTree::MerkleTree(std::vector<Hash> leaves) {
  EXPECT(!leaves.empty());
  leaves.resize(std::size_t{1} << merkle_height(leaves.size()), hash_leaf({}));
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) {
    const std::vector<Hash>& below = levels_.back();
    std::vector<Hash> level;
    for (std::size_t i = 0; i < below.size(); i += 2) level.push_back(hash_pair(below[i], below[i + 1]));
    levels_.push_back(std::move(level));
  }
}

std::vector<Hash> MerkleTree::path(std::size_t leaf) const {
  std::vector<Hash> siblings;
  for (int level = 0; level < height(); ++level, leaf /= 2) siblings.push_back(node(level, leaf ^ 1U));
  return siblings;
}

int merkle_height(std::size_t leaves) {
  int height = 0;
  while ((std::size_t{1} << height) < leaves) ++height;
  return height;
}

Hash merkle_root(const Hash& leaf, std::size_t index, std::span<const Hash> path) {
  Hash at = leaf;
  for (const Hash& sibling : path) {
    at = index % 2 == 0 ? hash_pair(at, sibling) : hash_pair(sibling, at);
    index /= 2;
  }
  return at;
}

}  // namespace orrery::sim::verification
