// What must come out on paper: one session over idle nodes, step by step.
#include <gtest/gtest.h>

#include "sim/execution/roofline.hpp"
#include "sim/serving/run.hpp"
#include "sim/swarm/device.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

// Two servers that hold half of llama-2-7b each, a fixed round-trip time and a fixed rate everywhere.
const char* two_servers = R"(
[model]
name = "llama-2-7b"
weights = "fp16"
kv = "fp16"
compute = "fp16"
client = "fp16"
[swarm]
node = [{ device = "rtx-4090", count = 2, blocks = 16 }]
[network]
kind = "uniform"
rtt_ms = 80
bandwidth_mbit = 100
client_bandwidth_mbit = 100
jitter = 0
nat_share = 0
message_overhead_bytes = 0
[workload]
requests = 1
clients = 1
prompt_tokens = 100
output_tokens = 50
[serving]
prefill_chunk = 100
[execution]
wire = "bf16"
hop_overhead_s = 0.01
[sharding]
policy = "even"
)";

struct Expected {
  workload::ModelGraph graph;
  execution::Machine server;
  execution::Machine client;
};

Expected parts(const Scenario& s) {
  Expected e;
  e.graph = workload::graph(s.model);
  const auto machine = [&](const char* name) {
    const swarm::DeviceClass& d = swarm::device(swarm::device_named(name, "test"));
    execution::Machine m;
    m.compute = d.peak("fp16") * d.compute_efficiency;
    m.bandwidth = d.memory_bandwidth * d.bandwidth_efficiency;
    m.overhead_s = d.stage_overhead_s + 0.01;
    m.block_overhead_s = d.block_overhead_s;
    return m;
  };
  e.server = machine("rtx-4090");
  e.client = machine("cpu-8");
  return e;
}

// A pass of `count` tokens after `context`: client -> server -> server -> client, each hop one latency and the rows
// once through an up link and once through a down link.
double pass(const Expected& e, Tokens context, Tokens count) {
  double seconds = 3 * (0.040 + 2 * 2.0 * 4096 * static_cast<double>(count) * 8 / 100e6);
  for (const BlockSpan& half : {BlockSpan{0, 16}, BlockSpan{16, 32}}) {
    const execution::Work work{half, context, count};
    seconds += execution::stage_cost(e.graph, e.server, 1, std::span(&work, 1)).time.seconds();
  }
  return seconds + execution::head_time(e.graph, e.client).seconds();
}

TEST(ClosedForm, OneSessionOverIdleNodes) {
  if (tests::ranks().rank() > 0) return;
  const Scenario s = tests::scenario(two_servers);
  const RunResult result = run(s, Context());
  const Expected e = parts(s);
  double steps = 0;
  for (Tokens t = 0; t < 49; ++t) steps += pass(e, 100 + t, 1);
  EXPECT_NEAR(tests::column_of(result.requests, "inter_token_mean")[0], steps / 49, 1e-6);
  // Opening the two sessions takes a round trip of small messages before that: 96 bytes there and 32 back, the second
  // opening queued behind the first on the client's up link, its answer alone.
  const double opening = 0.080 + (2 * 96 + 96 + 32 + 32) * 8 / 100e6;
  EXPECT_NEAR(tests::column_of(result.requests, "ttft")[0], opening + pass(e, 0, 100), 1e-5);
  EXPECT_EQ(tests::column_of(result.requests, "hops")[0], 2);
}

// The inputs of both servers are kept, and a step copies them: the first server's before it is sent its next one; the
// second's while that server computes, which hides it.
TEST(ClosedForm, KeptInputsAreCopiedEachStep) {
  if (tests::ranks().rank() > 0) return;
  const double rate = 1e9;
  std::string text = two_servers;
  text.insert(text.find("wire ="), "keep_rate = 1e9\n");
  const RunResult result = run(tests::scenario(text), Context());
  const Expected e = parts(tests::scenario(two_servers));
  double steps = 0;
  for (Tokens t = 0; t < 49; ++t) steps += pass(e, 100 + t, 1) + 4.0 * 4096 * static_cast<double>(101 + t) / rate;
  EXPECT_NEAR(tests::column_of(result.requests, "inter_token_mean")[0], steps / 49, 1e-6);
}

TEST(ClosedForm, BytesMovedAreThoseOfTheMessages) {
  if (tests::ranks().rank() > 0) return;
  const Scenario s = tests::scenario(two_servers);
  const auto metrics = tests::metrics_of(run(s, Context()));
  // Rows: client to first, first to second, and both to the client; 149 positions pass.
  const double rows = 149.0 * 4 * 2 * 4096;
  EXPECT_GT(metrics.at("bytes_moved"), rows);
  EXPECT_LT(metrics.at("bytes_moved"), rows + 10000);  // openings, announcements, views
}

TEST(ClosedForm, Little) {
  if (tests::ranks().rank() > 0) return;
  // L = lambda W over the whole run: the time integral of running requests is the sum of their latencies.
  const Scenario s = tests::scenario(tests::churn("model"));
  const RunResult result = run(s, Context());
  double in_system = 0;
  const auto& running = tests::column_of(result.timeline, "running_requests");
  const auto& time = tests::column_of(result.timeline, "time");
  const double end = tests::metrics_of(result).at("duration");
  for (std::size_t i = 0; i < running.size(); ++i)
    in_system += running[i] * ((i + 1 < time.size() ? time[i + 1] : end) - time[i]);
  double latencies = 0;
  for (double x : tests::column_of(result.requests, "latency")) latencies += x;
  EXPECT_NEAR(in_system, latencies, 1e-6 * latencies);
}

}  // namespace
}  // namespace orrery::sim::serving
