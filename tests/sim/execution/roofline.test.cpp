#include "sim/execution/roofline.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace orrery::sim::execution {
namespace {

workload::ModelGraph dense(int blocks) {
  workload::ModelGraph graph;
  graph.hidden = 1024;
  workload::BlockCost block;
  block.weights = Bytes(1e9);
  block.weights_shared = block.weights;
  block.flops_per_token = Flops(1e9);
  block.flops_per_pair = Flops(4096);
  block.kv_per_token = Bytes(4096);
  graph.blocks.assign(static_cast<std::size_t>(blocks), block);
  graph.head = Bytes(2e8);
  graph.head_flops_per_token = Flops(2e8);
  return graph;
}

// 1 Tflop/s, 100 GB/s: a token is memory-bound, more than ten of them are compute-bound.
Machine machine() { return {FlopsPerSecond(1e12), BytesPerSecond(1e11), 0.018, 1e-4, 1}; }

double seconds(const workload::ModelGraph& graph, const Machine& m, std::vector<Work> works, double kv_passes = 1) {
  return stage_cost(graph, m, kv_passes, works).time.seconds();
}

TEST(Roofline, OneTokenReadsAllWeights) {
  const double expected = 0.018 + 4 * (1e-4 + (1e9 + 4096.0) / 1e11);
  EXPECT_NEAR(seconds(dense(4), machine(), {{{0, 4}, 0, 1}}), expected, 1e-9);
}

TEST(Roofline, LongPrefillIsComputeBound) {
  const double n = 512;
  const double flops = n * 1e9 + n * (n + 1) / 2 * 4096;
  EXPECT_NEAR(seconds(dense(2), machine(), {{{0, 2}, 0, 512}}), 0.018 + 2 * (1e-4 + flops / 1e12), 1e-9);
}

TEST(Roofline, ContextIsReadOncePerPass) {
  const Work step{{0, 1}, 99999, 1};
  const double once = seconds(dense(1), machine(), {step}, 1);
  const double thrice = seconds(dense(1), machine(), {step}, 3);
  EXPECT_NEAR(thrice - once, 2 * 1e5 * 4096 / 1e11, 1e-9);
}

TEST(Roofline, BatchedDecodesShareTheWeights) {
  const std::vector<Work> eight(8, {{0, 1}, 0, 1});
  const double expected = 0.018 + 1e-4 + (1e9 + 8 * 4096.0) / 1e11;
  EXPECT_NEAR(seconds(dense(1), machine(), eight), expected, 1e-9);
}

TEST(Roofline, SpansThatDifferCostTheirOwnBlocks) {
  // Blocks 0-1 by one session, 1-2 by another: three blocks' weights are read, block 1's once.
  const double expected = 0.018 + 3 * 1e-4 + (3e9 + 4 * 4096.0) / 1e11;
  EXPECT_NEAR(seconds(dense(4), machine(), {{{0, 2}, 0, 1}, {{1, 3}, 0, 1}}), expected, 1e-9);
  // A block between the two that nobody asks for costs nothing.
  EXPECT_NEAR(seconds(dense(4), machine(), {{{0, 1}, 0, 1}, {{3, 4}, 0, 1}}),
              0.018 + 2 * (1e-4 + (1e9 + 4096.0) / 1e11), 1e-9);
}

TEST(Roofline, OrderOfTheBatchDoesNotMatter) {
  const std::vector<Work> works{{{0, 3}, 7, 5}, {{1, 4}, 100, 1}, {{0, 4}, 0, 33}};
  std::vector<Work> reversed(works.rbegin(), works.rend());
  EXPECT_EQ(stage_cost(dense(4), machine(), 1, works).time, stage_cost(dense(4), machine(), 1, reversed).time);
}

TEST(Roofline, ExpertsTouchedInExpectation) {
  workload::ModelGraph graph = dense(1);
  workload::BlockCost& block = graph.blocks[0];
  block.experts = 8;
  block.experts_active = 2;
  block.weights_shared = Bytes(1e8);
  block.weights_expert = Bytes(1e8);
  block.flops_per_token = Flops(1);
  block.flops_per_pair = Flops(0);
  block.kv_per_token = Bytes(0);
  // One token: exactly its two experts. Many tokens: all eight.
  EXPECT_NEAR(seconds(graph, machine(), {{{0, 1}, 0, 1}}), 0.018 + 1e-4 + 3e8 / 1e11, 1e-9);
  EXPECT_NEAR(seconds(graph, machine(), {{{0, 1}, 0, 1000}}), 0.018 + 1e-4 + 9e8 / 1e11, 1e-9);
  const double four = 8 * (1 - std::pow(0.75, 4));
  EXPECT_NEAR(seconds(graph, machine(), {{{0, 1}, 0, 4}}), 0.018 + 1e-4 + (1e8 + four * 1e8) / 1e11, 1e-9);
}

TEST(Roofline, StragglersAreSlowerEverywhereButInOverhead) {
  Machine slow = machine();
  slow.slowdown = 3;
  const double base = seconds(dense(2), machine(), {{{0, 2}, 10, 4}}) - 0.018;
  EXPECT_NEAR(seconds(dense(2), slow, {{{0, 2}, 10, 4}}) - 0.018, 3 * base, 1e-9);
}

TEST(Roofline, BlockRateLeavesOverheadOut) {
  EXPECT_NEAR(1 / block_rps(dense(5), machine()), 1e-4 + (1e9 + 4096.0) / 1e11, 1e-9);
}

TEST(Roofline, EmptyOrForeignWorkIsABug) {
  EXPECT_THROW(seconds(dense(2), machine(), {}), ContractError);
  EXPECT_THROW(seconds(dense(2), machine(), {{{0, 3}, 0, 1}}), ContractError);
  EXPECT_THROW(seconds(dense(2), machine(), {{{0, 2}, 0, 0}}), ContractError);
}

}  // namespace
}  // namespace orrery::sim::execution
