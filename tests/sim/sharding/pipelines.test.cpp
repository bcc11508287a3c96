#include "sim/sharding/pipelines.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/policies/views.hpp"

namespace orrery::sim::sharding {
namespace {

std::vector<int> cut(int blocks, std::vector<double> weights, std::vector<int> caps) {
  return apportion(blocks, weights, caps);
}

TEST(Apportion, FollowsWeightsUnderCaps) {
  EXPECT_EQ(cut(8, {3, 1}, {8, 8}), (std::vector<int>{6, 2}));
  EXPECT_EQ(cut(8, {3, 1}, {5, 8}), (std::vector<int>{5, 3}));            // what the first cannot take, the second does
  EXPECT_EQ(cut(10, {1, 1, 1}, {9, 9, 9}), (std::vector<int>{4, 3, 3}));  // equal fractions: the first gets more
  EXPECT_EQ(cut(10, {8, 1, 1}, {4, 9, 9}), (std::vector<int>{4, 3, 3}));  // the rest in proportion
  EXPECT_EQ(cut(6, {2, 1, 0}, {3, 2, 4}), (std::vector<int>{3, 2, 1}));   // no weight: only what nobody else can hold
  EXPECT_EQ(cut(4, {0, 0}, {9, 9}), (std::vector<int>{2, 2}));
  EXPECT_EQ(cut(0, {1, 1}, {3, 3}), (std::vector<int>{0, 0}));
  EXPECT_THROW(cut(7, {1, 1}, {3, 3}), ContractError);
}

TEST(Apportion, IsExactAndNearlyProportional) {
  Draw draw(1, Stream::test, 41);
  for (int i = 0; i < 5'000; ++i) {
    const auto parts = 1 + draw.below(12);
    std::vector<double> weights;
    std::vector<int> caps;
    for (std::uint64_t k = 0; k < parts; ++k) {
      weights.push_back(draw.below(5) == 0 ? 0 : draw.uniform(0, 10));
      caps.push_back(static_cast<int>(draw.below(20)));
    }
    const int room = std::accumulate(caps.begin(), caps.end(), 0);
    const int blocks = static_cast<int>(draw.below(room + 1));
    const std::vector<int> lengths = apportion(blocks, weights, caps);
    ASSERT_EQ(std::accumulate(lengths.begin(), lengths.end(), 0), blocks) << "case " << i;
    for (std::size_t k = 0; k < parts; ++k) {
      ASSERT_GE(lengths[k], 0) << "case " << i;
      ASSERT_LE(lengths[k], caps[k]) << "case " << i;
    }
    // Two parts below their caps stand in the ratio of their weights, but for the rounding of one block each.
    for (std::size_t k = 0; k + 1 < parts; ++k) {
      if (lengths[k] == caps[k] || lengths[k + 1] == caps[k + 1]) continue;
      if (weights[k] == 0 || weights[k + 1] == 0) continue;
      const double rate = lengths[k] / weights[k];
      const double next = lengths[k + 1] / weights[k + 1];
      ASSERT_LE(std::abs(rate - next), 1 / weights[k] + 1 / weights[k + 1]) << "case " << i;
    }
  }
}

TEST(FillPipelines, CoversWheneverMemoryAllows) {
  Draw draw(1, Stream::test, 42);
  int whole = 0;
  int partial = 0;
  for (int i = 0; i < 2'000; ++i) {
    const int blocks = 1 + static_cast<int>(draw.below(30));
    const tests::Swarm swarm = tests::random_swarm(draw, static_cast<int>(draw.below(8)), blocks);
    std::vector<double> weights;
    int room = 0;
    for (const NodeView& node : swarm.nodes) {
      weights.push_back(draw.uniform());
      room += capacity(node, blocks);
    }
    const std::vector<BlockSpan> spans = fill_pipelines(swarm.view(), weights);
    std::vector<int> servers(blocks, 0);
    for (BlockSpan span : spans) {
      for (int b = span.begin; b < span.end; ++b) ++servers[b];
    }
    int served = 0;
    for (int n : servers) served += n > 0;
    ASSERT_EQ(served, std::min(room, blocks)) << "case " << i;
    (room >= blocks ? whole : partial) += 1;
  }
  EXPECT_GT(whole, 500);
  EXPECT_GT(partial, 500);
}

}  // namespace
}  // namespace orrery::sim::sharding
