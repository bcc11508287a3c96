// What cheats save of a batch's time, against the roofline's own formula.
#include "sim/execution/shortcuts.hpp"

#include <gtest/gtest.h>

#include "tests/sim/execution/dense_model.hpp"

namespace orrery::sim::execution {
namespace {

using tests::dense;
using tests::machine;

constexpr Held held{.weight = 2, .kv = 2, .fp8_kv = 1 + 4.0 / 64};

Conduct cheap(Weights weights, KvFormat kv = KvFormat::fp32, int from = 0) {
  return {.cheap = {.weights = weights, .kv = kv}, .cheap_from = from};
}

double seconds(const workload::ModelGraph& graph, const std::vector<ConductedWork>& batch) {
  CheapModels models(graph, held);
  return conducted_cost(models, graph, machine(), 1, batch).time.seconds();
}
double one(const workload::ModelGraph& graph, const Work& work, const Conduct& conduct) {
  return seconds(graph, {{work, work.blocks, conduct}});
}

TEST(Shortcuts, HonestBatchesTakeWhatTheyTook) {
  const workload::ModelGraph graph = dense(6);
  const std::vector<Work> works{{{0, 6}, 100, 1}, {{0, 6}, 0, 37}, {{2, 6}, 5, 1}};
  std::vector<ConductedWork> batch;
  for (const Work& w : works) batch.push_back({w, w.blocks, {}});
  CheapModels models(graph, held);
  const StageCost expected = stage_cost(graph, machine(), 1, works);
  const StageCost cost = conducted_cost(models, graph, machine(), 1, batch);
  EXPECT_EQ(cost.time, expected.time);
  EXPECT_EQ(cost.flops, expected.flops);
  EXPECT_EQ(cost.memory_traffic, expected.memory_traffic);
}

TEST(Shortcuts, BlocksThatArePassedOverTakeNothing) {
  const workload::ModelGraph graph = dense(6);
  const Work step{{0, 6}, 0, 1}, three{{0, 3}, 0, 1};
  const double half = stage_cost(graph, machine(), 1, std::span(&three, 1)).time.seconds();
  EXPECT_NEAR(one(graph, step, {.run_until = 3}), half, 1e-9);
  EXPECT_NEAR(one(graph, step, {.pass_every = 2}), half, 1e-9) << "blocks 0, 2 and 4 are run";
  EXPECT_NEAR(one(graph, step, {.output = Output::noise}), machine().overhead_s, 1e-9);
}

// In batches by layer a work is one block, and which are passed over hangs on the whole stage.
TEST(Shortcuts, OneBlockOfAStageIsRunOrNot) {
  const workload::ModelGraph graph = dense(6);
  const Conduct skips{.pass_every = 2};
  EXPECT_GT(seconds(graph, {{{{4, 5}, 0, 1}, {0, 6}, skips}}), machine().overhead_s + 0.009);
  EXPECT_NEAR(seconds(graph, {{{{5, 6}, 0, 1}, {0, 6}, skips}}), machine().overhead_s, 1e-9);
}

TEST(Shortcuts, NarrowWeightsAreReadSoonerWhereReadingIsWhatTakesTime) {
  const workload::ModelGraph graph = dense(4);
  const double share = (0.5 + 4.0 / 32) / 2;
  const Work step{{0, 4}, 0, 1}, prompt{{0, 4}, 0, 512};
  EXPECT_NEAR(one(graph, step, cheap(Weights::int4)), 0.018 + 4 * (1e-4 + (share * 1e9 + 4096) / 1e11), 1e-8);
  EXPECT_NEAR(one(graph, step, cheap(Weights::int4, KvFormat::fp32, 3)),
              0.018 + 4 * (1e-4 + 4096 / 1e11) + (3 + share) * 1e9 / 1e11, 1e-8)
      << "a suffix of one block";
  EXPECT_NEAR(one(graph, prompt, cheap(Weights::int4)), one(graph, prompt, {}), 1e-9) << "products take as long";
}

TEST(Shortcuts, Fp8CachesAreReadInFewerBytes) {
  const workload::ModelGraph graph = dense(1);
  const Work step{{0, 1}, 99999, 1};
  const double saved = one(graph, step, {}) - one(graph, step, cheap(Weights::full, KvFormat::fp8));
  EXPECT_NEAR(saved, (1 - (1 + 4.0 / 64) / 2) * 1e5 * 4096 / 1e11, 1e-8);
}

TEST(Shortcuts, WhatIsAgreedToBeNarrowIsNotReadInMoreBytes) {
  const workload::ModelGraph graph = dense(2);
  CheapModels models(graph, {.weight = 0.53, .kv = 1, .fp8_kv = 1.06});
  EXPECT_EQ(models.in(Weights::int8, KvFormat::fp8).blocks[0].weights, graph.blocks[0].weights);
  EXPECT_EQ(models.in(Weights::int8, KvFormat::fp8).blocks[0].kv_per_token, graph.blocks[0].kv_per_token);
}

TEST(Shortcuts, RowsOfOtherWeightsShareNoReading) {
  const workload::ModelGraph graph = dense(2);
  const Work step{{0, 2}, 0, 1};
  const double both = seconds(graph, {{step, step.blocks, {}}, {step, step.blocks, cheap(Weights::int8)}});
  EXPECT_NEAR(both, one(graph, step, {}) + one(graph, step, cheap(Weights::int8)) - machine().overhead_s, 1e-8);
}

}  // namespace
}  // namespace orrery::sim::execution
