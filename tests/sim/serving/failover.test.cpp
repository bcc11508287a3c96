// Every failover policy under real losses: what it costs, and that the text is the one that a single machine writes.
#include <cmath>

#include <gtest/gtest.h>

#include "sim/failover/policy.hpp"
#include "tests/sim/execution/embedded.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::churn;
using tests::metrics_of;
using tests::ranks;
using tests::scenario;

std::string failover(const std::string& lines) { return "[failover]\npolicy = " + lines + "\n"; }

const std::vector<std::string>& expected_texts() {
  static const std::vector<std::string> texts = [] {
    const auto setup = tests::embedded_setup(11, kernels::WireFormat::fp32);
    std::vector<std::string> list;
    for (std::uint32_t r = 0; r < 20; ++r) list.push_back(tests::single_process_text(setup, RequestId(r), 24, 20));
    return list;
  }();
  return texts;
}

class Failover : public testing::TestWithParam<std::string> {};

TEST_P(Failover, NodesDieAndTheTextDoesNotChange) {
  const RunResult result = run(scenario(churn("real", failover(GetParam()))), ranks());
  if (ranks().rank() > 0) return;
  const auto metrics = metrics_of(result);
  EXPECT_EQ(metrics.at("requests_served"), 20);
  EXPECT_GE(metrics.at("failovers"), 3) << "the test wants nodes that die while they are needed";
  EXPECT_EQ(result.texts, expected_texts());
}

TEST_P(Failover, SameBitsOnAnyNumberOfRanks) {
  if (ranks().size() == 1) GTEST_SKIP() << "one rank against itself";
  if (GetParam() != "\"replica\"" && GetParam() != "\"cacheless\"") GTEST_SKIP() << "the texts are compared above";
  const Scenario s = scenario(churn("real", "temperature = 0.8\n" + failover(GetParam())));
  const RunResult on_all = run(s, ranks());
  if (ranks().rank() > 0) return;
  const RunResult alone = run(s, Context());
  EXPECT_EQ(on_all.texts, alone.texts);
  for (std::size_t i = 0; i < alone.metrics.size(); ++i) {
    const double a = alone.metrics[i].value, b = on_all.metrics[i].value;
    EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << alone.metrics[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Failover,
                         testing::Values("\"restart\"", "\"cacheless\"", "\"replay\"", "\"replica\"",
                                         "\"checkpoint\"\nevery = 8",
                                         "\"checkpoint\"\nevery = 8\nholder = \"neighbour\""),
                         [](const auto& param_info) {
                           std::string name = std::to_string(param_info.index) + "_";
                           for (char c : param_info.param) {
                             if (std::isalpha(c)) name += c;
                           }
                           return name;
                         });

std::map<std::string, double> model_metrics(const std::string& policy) {
  return metrics_of(run(scenario(churn("model", failover(policy))), Context()));
}

TEST(FailoverCosts, WhatEachPolicyPaysFor) {
  if (ranks().rank() > 0) return;
  const auto replay = model_metrics("\"replay\"");
  const auto restart = model_metrics("\"restart\"");
  const auto cacheless = model_metrics("\"cacheless\"");
  const auto replica = model_metrics("\"replica\"");
  const auto checkpoint = model_metrics("\"checkpoint\"\nevery = 8");
  EXPECT_EQ(replay.at("restored_tokens"), 0);
  EXPECT_GT(replica.at("restored_tokens"), 0) << "copies are used";
  EXPECT_GT(checkpoint.at("restored_tokens"), 0) << "copies are used";
  EXPECT_LT(replica.at("replayed_tokens"), replay.at("replayed_tokens"));
  EXPECT_GT(replica.at("failover_bytes"), replay.at("failover_bytes")) << "every position is copied";
  EXPECT_EQ(restart.at("failover_bytes"), 0);
  // Without caches 20 requests step 19 times over 24 + t positions and more.
  double positions = 0;
  for (int t = 0; t < 19; ++t) positions += 20 * (24 + t);
  EXPECT_GE(cacheless.at("replayed_tokens"), positions);
  EXPECT_GT(cacheless.at("block_tokens"), 5 * replay.at("block_tokens"));
}

}  // namespace
}  // namespace orrery::sim::serving
