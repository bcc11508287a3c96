#include "sim/serving/estimates.hpp"

// Estimates beside what the run itself measures.

#include <gtest/gtest.h>

#include "sim/serving/cast.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

// Two nodes that split a model evenly, saturated by a closed loop.
Scenario pair_of_nodes() {
  return orrery::tests::scenario(R"(
[experiment]
max_time_s = 100000
[model]
name = "llama-3-8b"
[swarm]
node = [{ device = "rtx-4090", count = 2, blocks = 16 }]
[network]
kind = "uniform"
rtt_ms = 2
bandwidth_mbit = 100000
client_bandwidth_mbit = 100000
jitter = 0
nat_share = 0
[workload]
arrival = "closed"
clients = 48
requests = 480
lengths = "fixed"
prompt_tokens = 100
output_tokens = 50
[serving]
client_device = "h100-sxm"
request_timeout_s = 100000
max_batch_sessions = 24
[execution]
hop_overhead_s = 0
[sharding]
policy = "even"
)");
}

struct Estimated {
  const Scenario scenario = pair_of_nodes();
  const workload::ModelGraph graph = workload::graph(scenario.model);
  const std::unique_ptr<execution::Numbers> numbers = execution::make_no_numbers();
  const Cast cast{scenario, graph, *numbers, false};
  const NodeView node = cast.nodes()[0]->view({});
};

TEST(Estimates, RateIsThatOfASaturatedRun) {
  if (orrery::tests::ranks().rank() > 0) GTEST_SKIP();
  const Estimated e;
  const double rate = e.cast.estimates().tokens_per_s(e.node, {0, 16});
  const auto metrics = orrery::tests::metrics_of(run(e.scenario, orrery::tests::ranks()));
  const double tokens = metrics.at("throughput_tokens") * (100 + 50) / 50;
  EXPECT_NEAR(tokens / rate, 1, 0.25);
}

TEST(Estimates, LongerSpansAreSlower) {
  if (orrery::tests::ranks().rank() > 0) GTEST_SKIP();
  const Estimated e;
  for (int n = 1; n < 16; ++n) {
    EXPECT_GE(e.cast.estimates().tokens_per_s(e.node, {0, n}), e.cast.estimates().tokens_per_s(e.node, {0, n + 1}));
    EXPECT_LT(e.cast.estimates().token_s(e.node, {0, n}), e.cast.estimates().token_s(e.node, {0, n + 1}));
  }
}

TEST(Estimates, ClientsAreAPlaceOfTheirOwn) {
  if (orrery::tests::ranks().rank() > 0) GTEST_SKIP();
  const Estimated e;
  const Estimates& estimates = e.cast.estimates();
  EXPECT_DOUBLE_EQ(estimates.latency_s(NodeId(), NodeId(1)), 1e-3);
  EXPECT_DOUBLE_EQ(estimates.latency_s(NodeId(0), NodeId(1)), 1e-3);
  EXPECT_DOUBLE_EQ(estimates.bandwidth(NodeId(0), NodeId()), 1e11 / 8);
  EXPECT_GT(estimates.hop_s(NodeId(0), NodeId(1)), 1e-3);
}

}  // namespace
}  // namespace orrery::sim::serving
