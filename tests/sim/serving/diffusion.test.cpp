// Images: every step passes all rows through all blocks, and leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/execution/roofline.hpp"
#include "sim/swarm/device.hpp"
#include "tests/sim/serving/scenarios.hpp"
#include "tests/sim/written_file.hpp"

namespace orrery::sim::serving {
namespace {

using ::testing::HasSubstr;
using tests::column_of;
using tests::metrics_of;
using tests::scenario;

// Two servers with half of DiT-XL/2 each, one image of ten steps.
std::string one_image(const std::string& workload = {}, const std::string& swarm = {}) {
  return R"(
[model]
name = "dit-xl-2"
[network]
kind = "uniform"
rtt_ms = 80
bandwidth_mbit = 100
client_bandwidth_mbit = 100
jitter = 0
nat_share = 0
message_overhead_bytes = 0
[failover]
policy = "cacheless"
[execution]
wire = "bf16"
hop_overhead_s = 0.01
[sharding]
policy = "even"
[workload]
kind = "diffusion"
requests = 1
clients = 1
steps = 10
)" + workload +
         "[swarm]\nnode = [{ device = \"rtx-4090\", count = 2, blocks = 14 }]\n" + swarm;
}

execution::Machine machine(const char* name) {
  const swarm::DeviceClass& d = swarm::device(swarm::device_named(name, "test"));
  execution::Machine m;
  m.compute = d.peak("fp16") * d.compute_efficiency;
  m.bandwidth = d.memory_bandwidth * d.bandwidth_efficiency;
  m.overhead_s = d.stage_overhead_s + 0.01;
  m.block_overhead_s = d.block_overhead_s;
  return m;
}

// client -> server -> server -> client with `rows` rows of 1152 numbers, two bytes each.
double step(double rows) {
  const execution::Machine m = machine("rtx-4090");
  // A row passes 24 h^2 flops in matrices, its share of the conditioning's 12 h^2, and attends to all 256 of its image.
  const double h = 1152;
  const double flops = rows * (24 * h * h + 12 * h * h / 256 + 4 * h * 256);
  const double weights = 2 * (18 * h * h + 15 * h), keys_and_values = rows * 2 * h * 2;
  const double block =
      m.block_overhead_s + std::max(flops / m.compute.value(), (weights + keys_and_values) / m.bandwidth.value());
  const execution::Machine client = machine("cpu-8");
  const double head = std::max(rows * 2 * h * 32 / client.compute.value(), h * 32 * 2 / client.bandwidth.value());
  return 3 * (0.040 + 2 * 2 * h * rows * 8 / 100e6) + 2 * m.overhead_s + 28 * block + head;
}

TEST(Diffusion, AStepTakesWhatAllRowsTake) {
  if (tests::ranks().rank() > 0) return;
  for (const bool guided : {true, false}) {
    const RunResult result = run(scenario(one_image(guided ? "" : "guidance = false\n")), Context());
    SCOPED_TRACE(guided);
    EXPECT_NEAR(column_of(result.requests, "inter_token_mean")[0], step(guided ? 512 : 256), 1e-6);
    EXPECT_EQ(column_of(result.requests, "prompt_tokens")[0], guided ? 512 : 256);
    EXPECT_EQ(column_of(result.requests, "output_tokens")[0], 10);
    EXPECT_EQ(metrics_of(result).at("replayed_tokens"), 0);
    EXPECT_DOUBLE_EQ(metrics_of(result).at("block_tokens"), 10 * 28 * (guided ? 512.0 : 256.0));
  }
}

TEST(Diffusion, TheClientDecodesTheLastLatent) {
  if (tests::ranks().rank() > 0) return;
  const auto latency = [](const std::string& workload) {
    return column_of(run(scenario(one_image(workload)), Context()).requests, "latency")[0];
  };
  EXPECT_NEAR(latency("decode_gflop = 100\n") - latency(""), 100e9 / machine("cpu-8").compute.value(), 1e-6);
}

// Nodes that live half a minute: a loss costs the step at hand, and the image still comes.
TEST(Diffusion, ALossCostsOneStep) {
  if (tests::ranks().rank() > 0) return;
  const RunResult result = run(scenario(R"(
[experiment]
seed = 3
[model]
name = "dit-b-2"
[workload]
kind = "diffusion"
requests = 12
rate = 0.5
clients = 3
steps = 40
[failover]
policy = "cacheless"
[serving]
step_timeout_s = 4
probe_timeout_s = 1
slo_inter_token_s = 60
[swarm]
lifetime = "exponential"
lifetime_mean_s = 40
absence_mean_s = 10
announce_period_s = 5
view_refresh_s = 5
node = [{ device = "rtx-3060", count = 30, blocks = 4 }]
)"),
                               Context());
  const auto metrics = metrics_of(result);
  EXPECT_GE(metrics.at("requests_served"), 10);
  EXPECT_GE(metrics.at("failovers"), 3) << "the test wants losses";
  const auto& replayed = column_of(result.requests, "replayed_tokens");
  const auto& failovers = column_of(result.requests, "failovers");
  double repeats = 0;
  for (std::size_t i = 0; i < replayed.size(); ++i) {
    EXPECT_EQ(std::fmod(replayed[i], 512.0), 0) << "whole steps";
    EXPECT_LE(replayed[i], 512 * (failovers[i] + 1)) << "request " << i;
    repeats += replayed[i] / 512;
  }
  EXPECT_GE(repeats, 3);
}

TEST(Diffusion, BadInput) {
  const auto said = [](const std::string& toml) { return complaint([&] { scenario(toml); }); };
  EXPECT_THAT(said("[model]\nname = \"dit-xl-2\"\n"), HasSubstr("Set workload.kind = \"diffusion\""));
  EXPECT_THAT(said("[workload]\nkind = \"diffusion\"\n"), HasSubstr("makes no images"));
  EXPECT_THAT(said("[workload]\nsteps = 20\n"), HasSubstr("has no effect"));
  EXPECT_THAT(said(one_image("prompt_tokens = 20\n")), HasSubstr("has no effect"));
  const std::string image = "[model]\nname = \"dit-xl-2\"\n[workload]\nkind = \"diffusion\"\n";
  EXPECT_THAT(said(image), HasSubstr("Set failover.policy = \"cacheless\""));
  const std::string stateless = image + "[failover]\npolicy = \"cacheless\"\n";
  EXPECT_THAT(said(stateless + "[execution]\nmode = \"real\"\n"), HasSubstr("`orrery sample`"));
  EXPECT_THAT(said(stateless + "[routing]\npolicy = \"hedged\"\n"), HasSubstr("hedging is not possible"));
  EXPECT_THAT(said(stateless + "[verification]\npolicy = \"toploc\"\n"), HasSubstr("measured on texts"));
}

}  // namespace
}  // namespace orrery::sim::serving
