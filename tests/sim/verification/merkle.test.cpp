#include "sim/verification/merkle.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::verification {
namespace {

std::vector<Hash> leaves(std::size_t count) {
  std::vector<Hash> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(hash_leaf(std::as_bytes(std::span(&i, 1))));
  return list;
}

TEST(Merkle, HashIsSha256) {
  const char text[] = "abc";
  const Hash h = hash_bytes(std::as_bytes(std::span(text, 3)));
  EXPECT_EQ(std::to_integer<int>(h[0]), 0xba);  // FIPS 180-2, appendix B.1
  EXPECT_EQ(std::to_integer<int>(h[1]), 0x78);
  EXPECT_EQ(std::to_integer<int>(h[31]), 0xad);
}

TEST(Merkle, EveryPathLeadsToTheRoot) {
  for (std::size_t count : {1u, 2u, 3u, 8u, 13u, 64u, 100u}) {
    const MerkleTree tree(leaves(count));
    EXPECT_EQ(tree.height(), merkle_height(count));
    for (std::size_t i = 0; i < count; ++i) {
      const auto path = tree.path(i);
      EXPECT_EQ(merkle_root(tree.node(0, i), i, path), tree.root());
      if (count > 1) {
        EXPECT_NE(merkle_root(tree.node(0, i), i ^ 1, path), tree.root());
      }
      EXPECT_NE(merkle_root(hash_leaf({}), i, path), tree.root());
    }
  }
}

TEST(Merkle, LeavesAndInnerNodesAreHashedApart) {
  const auto two = leaves(2);
  std::array<std::byte, 64> both;
  std::memcpy(both.data(), two[0].data(), 32);
  std::memcpy(both.data() + 32, two[1].data(), 32);
  EXPECT_NE(hash_leaf(both), hash_pair(two[0], two[1]));
}

}  // namespace
}  // namespace orrery::sim::verification
