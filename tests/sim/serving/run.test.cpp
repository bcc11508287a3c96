#include "sim/serving/run.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/sim/execution/embedded.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::churn;
using tests::column_of;
using tests::metrics_of;
using tests::ranks;
using tests::scenario;

// Bit for bit, NaN equal to NaN.
void expect_same(const RunResult& a, const RunResult& b) {
  const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  ASSERT_EQ(a.metrics.size(), b.metrics.size());
  for (std::size_t i = 0; i < a.metrics.size(); ++i) {
    EXPECT_TRUE(same(a.metrics[i].value, b.metrics[i].value)) << a.metrics[i].name;
  }
  for (const auto& [left, right] : {std::pair(&a.requests, &b.requests), {&a.timeline, &b.timeline}}) {
    ASSERT_EQ(left->size(), right->size());
    for (std::size_t c = 0; c < left->size(); ++c) {
      const auto& x = (*left)[c].values;
      const auto& y = (*right)[c].values;
      ASSERT_EQ(x.size(), y.size());
      for (std::size_t i = 0; i < x.size(); ++i) EXPECT_TRUE(same(x[i], y[i])) << (*left)[c].name << " " << i;
    }
  }
  EXPECT_EQ(a.texts, b.texts);
}

TEST(Run, NodesDieMidGenerationAndTheTextDoesNotChange) {
  const Scenario s = scenario(churn("real"));
  const RunResult result = run(s, ranks());
  if (ranks().rank() > 0) return;
  const auto metrics = metrics_of(result);
  EXPECT_EQ(metrics.at("requests_served"), 20);
  EXPECT_GE(metrics.at("failovers"), 3) << "the test wants nodes that die while they are needed";
  EXPECT_GT(metrics.at("replayed_tokens"), 0);
  const auto setup = tests::embedded_setup(11, kernels::WireFormat::fp32);
  ASSERT_EQ(result.texts.size(), 20u);
  for (std::uint32_t r = 0; r < 20; ++r) {
    EXPECT_EQ(result.texts[r], tests::single_process_text(setup, RequestId(r), 24, 20)) << "request " << r;
  }
}

TEST(Run, SameBitsOnAnyNumberOfRanks) {
  const Scenario s = scenario(churn("real", "temperature = 0.8\ntop_p = 0.9\n"));
  const RunResult on_all = run(s, ranks());
  if (ranks().rank() > 0) return;
  expect_same(on_all, run(s, Context()));
}

TEST(Run, TimesDoNotDependOnWhetherNumbersAreComputed) {
  RunResult real = run(scenario(churn("real")), ranks());
  if (ranks().rank() > 0) return;
  RunResult model = run(scenario(churn("model")), Context());
  real.texts.clear();
  expect_same(real, model);
}

TEST(Run, TracingChangesNothing) {
  if (ranks().rank() > 0) return;
  const Scenario s = scenario(churn("model"));
  RunOptions traced;
  traced.trace = true;
  RunResult with = run(s, Context(), traced);
  EXPECT_FALSE(with.trace.empty());
  expect_same(run(s, Context()), with);
}

TEST(Run, MemoryLimitsBiteAndNothingIsLost) {
  if (ranks().rank() > 0) return;
  // KV memory for about two sessions a node; every request still ends exactly once, served, under both policies.
  for (const char* admission : {"reserve", "grow"}) {
    const Scenario s = scenario(R"(
[model]
name = "llama-2-7b"
weights = "int8"
[swarm]
node = [{ device = "rtx-3060", count = 6, blocks = 32 }]
[network]
kind = "uniform"
nat_share = 0
[workload]
requests = 40
rate = 2.0
prompt_tokens = 2000
output_tokens = 40
[serving]
cache_tokens = 2040
max_attempts = 50
first_backoff_s = 0.5
max_backoff_s = 4
request_timeout_s = 5000
kv_admission = ")" + std::string(admission) +
                                "\"\n");
    const auto metrics = metrics_of(run(s, Context()));
    EXPECT_EQ(metrics.at("requests_served") + metrics.at("requests_failed") + metrics.at("requests_rejected"), 40)
        << admission;
    EXPECT_EQ(metrics.at("requests_total"), 40);
    EXPECT_GE(metrics.at("requests_served"), 30) << admission;
  }
}

TEST(Run, ASwarmThatLosesAllItsServersFailsItsRequests) {
  if (ranks().rank() > 0) return;
  const Scenario s = scenario(R"(
[model]
name = "llama-2-7b"
weights = "int8"
[swarm]
lifetime = "exponential"
lifetime_mean_s = 20
absence = "forever"
initially_online = 1
node = [{ device = "rtx-3060", count = 4 }]
[workload]
requests = 10
rate = 0.05
[serving]
request_timeout_s = 60
max_attempts = 3
)");
  const RunResult result = run(s, Context());
  const auto metrics = metrics_of(result);
  EXPECT_EQ(metrics.at("requests_total"), 10);
  EXPECT_GT(metrics.at("requests_rejected") + metrics.at("requests_failed"), 0);
  EXPECT_EQ(column_of(result.timeline, "covered_blocks").back(), 0);
}

TEST(Run, ClosedLoopKeepsOneRequestPerClient) {
  if (ranks().rank() > 0) return;
  const Scenario s = scenario(R"(
[model]
name = "llama-2-7b"
weights = "int8"
[swarm]
node = [{ device = "rtx-4090", count = 2 }]
[workload]
arrival = "closed"
requests = 12
clients = 3
prompt_tokens = 16
output_tokens = 8
)");
  const RunResult result = run(s, Context());
  EXPECT_EQ(metrics_of(result).at("requests_served"), 12);
  const auto& client = column_of(result.requests, "client");
  const auto& arrival = column_of(result.requests, "arrival");
  const auto& latency = column_of(result.requests, "latency");
  for (std::size_t i = 0; i < client.size(); ++i) {
    for (std::size_t j = i + 1; j < client.size(); ++j) {
      if (client[i] == client[j]) {
        EXPECT_GE(arrival[j], arrival[i] + latency[i] - 1e-9);
      }
    }
  }
}

}  // namespace
}  // namespace orrery::sim::serving
