#include "sim/execution/roofline.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "kernels/model/config.hpp"
#include "sim/random.hpp"
#include "sim/workload/model.hpp"
#include "tests/sim/execution/dense_model.hpp"

namespace orrery::sim::execution {
namespace {

using tests::dense;
using tests::machine;

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

// Mixtral 8x7B in fp16, with every number from its published shape, not from the code under test.
TEST(Roofline, MixtralReadsWhatItsTokensChoose) {
  workload::ModelParams params;
  params.name = "mixtral-8x7b";
  params.weights = "fp16";
  params.kv = "fp16";
  const workload::ModelGraph graph = workload::graph(params);
  const double expert = 3.0 * 4096 * 14336, attention = 4096.0 * (4096 + 2 * 1024) + 4096.0 * 4096;
  const double shared = attention + 8.0 * 4096 + 2.0 * 4096, kv = 2.0 * 8 * 128 * 2;
  Draw draw(1, Stream::test, 0);
  for (const int batch : {1, 2, 8, 64}) {
    // Experts that a batch touches, counted: every token takes two different ones.
    const int trials = 4000;
    double touched = 0;
    for (int trial = 0; trial < trials; ++trial) {
      std::set<int> chosen;
      for (int token = 0; token < batch; ++token) {
        const int one = static_cast<int>(draw.uniform() * 8), two = static_cast<int>(draw.uniform() * 7);
        chosen.insert({one, two < one ? two : two + 1});
      }
      touched += static_cast<double>(chosen.size());
    }
    const std::vector<Work> works(static_cast<std::size_t>(batch), Work{{0, 32}, 0, 1});
    const StageCost cost = stage_cost(graph, machine(), 1, works);
    EXPECT_NEAR(cost.memory_traffic.value(), 32 * (2 * (shared + touched / trials * expert) + batch * kv),
                0.01 * cost.memory_traffic.value())
        << batch;
    // The work is that of two experts a token, whatever is read.
    EXPECT_NEAR(cost.flops.value(), 32.0 * batch * (2 * (attention + 8.0 * 4096 + 2 * expert) + 4.0 * 4096), 1e3);
  }
}

// The kernels' count of parameters and the device model's are the same.
TEST(Roofline, KernelsAndDeviceModelCountMixtralAlike) {
  kernels::model::Config c;
  c.layers = 32, c.hidden = 4096, c.heads = 32, c.kv_heads = 8, c.head_dim = 128, c.ffn = 14336;
  c.experts = 8, c.experts_active = 2, c.vocab = 32000, c.context = 4096;
  const workload::ModelShape& shape = workload::model_shape("mixtral-8x7b", "test");
  EXPECT_EQ(static_cast<std::int64_t>(c.block_parameters()), shape.block_parameters());
  EXPECT_EQ(32 * c.block_parameters() + c.embedding_parameters() + c.head_parameters(), 46702792704U);
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
