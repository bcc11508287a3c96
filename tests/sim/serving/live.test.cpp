// Against the wall clock: what is said about times is checked by `./orrery validate live`; here, that a live run really
// computes, really moves activations, and survives the loss of a rank's node.
#include <gtest/gtest.h>

#include "tests/sim/execution/embedded.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::metrics_of;
using tests::ranks;
using tests::scenario;

// As many nodes as ranks compute; the first ones have the model between them, the others stand by.
std::string live(int nodes, const std::string& more) {
  return R"(
[experiment]
seed = 11
max_time_s = 60
[model]
name = "embedded"
weights = "fp32"
kv = "fp32"
compute = "fp32"
client = "fp32"
[swarm]
announce_period_s = 1
view_refresh_s = 1
node = [{ device = "cpu-8", count = )" +
         std::to_string(nodes) + R"(, blocks = 12 }]
[network]
kind = "uniform"
rtt_ms = 4
min_latency_ms = 0.1
jitter = 0
nat_share = 0
[workload]
requests = 2
rate = 5
clients = 1
prompt_tokens = 12
output_tokens = 6
[serving]
prefill_chunk = 8
memory_reserve_gib = 0
cache_tokens = 256
[execution]
mode = "live"
wire = "fp32"
)" + more;
}

TEST(Live, TheTextIsThatOfASingleMachine) {
  if (ranks().size() < 2) {
    EXPECT_THROW(run(scenario(live(1, "")), ranks()), InputError) << "one rank cannot be client and node";
    return;
  }
  for (const char* failover : {"\"replay\"", "\"replica\"", "\"cacheless\""}) {
    const std::string policy = "[failover]\npolicy = " + std::string(failover) + "\n";
    const RunResult result = run(scenario(live(ranks().size() - 1, policy)), ranks());
    if (ranks().rank() > 0) continue;
    EXPECT_EQ(metrics_of(result).at("requests_served"), 2);
    EXPECT_GT(metrics_of(result).at("inter_token_p50"), 0.004) << "a round trip at least";
    const auto setup = tests::embedded_setup(11, kernels::WireFormat::fp32);
    ASSERT_EQ(result.texts.size(), 2u);
    for (std::uint32_t r = 0; r < 2; ++r) {
      EXPECT_EQ(result.texts[r], tests::single_process_text(setup, RequestId(r), 12, 6)) << failover << ", " << r;
    }
  }
}

}  // namespace
}  // namespace orrery::sim::serving
