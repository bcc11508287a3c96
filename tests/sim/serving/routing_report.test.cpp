// What a run says of its routing.
#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::churn;
using tests::metrics_of;
using tests::ranks;
using tests::scenario;

// One node for all blocks, one client, one request: every control message can be counted.
TEST(RoutingReport, CountsControlMessages) {
  const auto run_for = [](double requests) {
    return metrics_of(run(scenario(R"(
[model]
name = "embedded"
[swarm]
announce_period_s = 1000
view_refresh_s = 1000
node = [{ device = "rtx-4090", count = 1 }]
[rebalancing]
policy = "never"
[workload]
clients = 1
rate = 100
prompt_tokens = 4
output_tokens = 3
requests = )" + std::to_string(static_cast<int>(requests))),
                          ranks()));
  };
  if (ranks().rank() > 0) {
    run_for(1), run_for(4);
    return;
  }
  // The node's first announcement; per request an opening, its answer and a closing.
  EXPECT_EQ(run_for(1).at("control_messages_per_request"), 4);
  EXPECT_EQ(run_for(4).at("control_messages_per_request"), 3 + 1.0 / 4);
}

TEST(RoutingReport, MeasuringRegretChangesNothingElse) {
  const auto plain = metrics_of(run(scenario(churn("model")), ranks()));
  std::string text = churn("model");
  text.replace(text.find("[serving]"), 9, "[serving]\nmeasure_regret = true");
  auto measured = metrics_of(run(scenario(text), ranks()));
  if (ranks().rank() > 0) return;
  EXPECT_TRUE(std::isnan(plain.at("regret_mean")));
  EXPECT_GE(measured.at("regret_mean"), 0);
  EXPECT_GE(measured.at("regret_p95"), measured.at("regret_mean") * 0.1);
  for (const char* name : {"regret_mean", "regret_p95"}) measured[name] = plain.at(name);
  for (const auto& [name, value] : plain) {
    EXPECT_TRUE(measured.at(name) == value || (std::isnan(value) && std::isnan(measured.at(name)))) << name;
  }
  EXPECT_GT(plain.at("departures"), 0);
}

TEST(RoutingReport, TheClairvoyantMeetsNobodyWhoIsGoneAndRegretsNothing) {
  std::string text = churn("model", "[routing]\npolicy = \"clairvoyant\"\n");
  text.replace(text.find("[serving]"), 9, "[serving]\nmeasure_regret = true");
  const auto oracle = metrics_of(run(scenario(text), ranks()));
  const auto blind = metrics_of(run(scenario(churn("model", "[routing]\npolicy = \"random\"\n")), ranks()));
  if (ranks().rank() > 0) return;
  EXPECT_LT(oracle.at("failovers"), blind.at("failovers"));
  EXPECT_LT(oracle.at("ttft_p95"), blind.at("ttft_p95"));
  EXPECT_NEAR(oracle.at("regret_mean"), 0, 1e-9);
}

}  // namespace
}  // namespace orrery::sim::serving
