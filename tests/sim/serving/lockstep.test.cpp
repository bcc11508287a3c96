// Like machines in a row, whose measured times leave nothing to a roofline, batching by layers.
#include <gtest/gtest.h>

#include "sim/serving/run.hpp"
#include "tests/sim/serving/scenarios.hpp"
#include "tests/sim/written_file.hpp"

namespace orrery::sim::serving {
namespace {

// Whatever is in a batch, it takes 0.1 s a block, so 1.6 s a node.
constexpr const char* flat = R"([[profile]]
name = "flat"
prompt_tokens = [0, 1, 10000]
prompt_s = [0, 0.1, 0.1]
decode_tokens = [0, 1000]
decode_s = [0, 0.1]
)";

RunResult in_a_row(const std::string& device, const std::string& trace) {
  const WrittenFile profile(flat), arrivals("arrival_s,prompt_tokens,output_tokens\n" + trace);
  return run(tests::scenario(R"(
[model]
name = "llama-2-7b"
weights = "int4"
[swarm]
node = [{ count = 2, blocks = 16, profile = "flat", device = ")" +
                             device + R"(" }]
[network]
kind = "uniform"
rtt_ms = 2
bandwidth_mbit = 80000
client_bandwidth_mbit = 80000
jitter = 0
nat_share = 0
[workload]
clients = 1
arrival = "trace"
trace = ")" + arrivals.path() +
                             R"("
[serving]
batching = "layer"
prefill_chunk = 1000
[execution]
profiles = ")" + profile.path() +
                             R"("
[sharding]
policy = "even"
)"),
             tests::ranks());
}

double first_token(const RunResult& result, std::size_t request) {
  return tests::column_of(result.requests, "arrival")[request] + tests::column_of(result.requests, "ttft")[request];
}

// The first node passes [0], then [1, 2], which came meanwhile, then [3]. At the second, 1 goes alone, since it is
// there before 2, and 3 comes in the instant in which 1 is done: a node that looked at its queue first would leave it
// for another 1.6 s.
TEST(Lockstep, WhatComesInTheInstantInWhichANodeGetsFreeIsInItsBatch) {
  if (tests::ranks().rank() > 0) return;
  const RunResult result = in_a_row("rtx-4090", "0,100,1\n0.1,100,1\n0.2,100,1\n1.9,100,1\n");
  EXPECT_NEAR(first_token(result, 1) - first_token(result, 0), 1.6, 0.05);
  EXPECT_NEAR(first_token(result, 2) - first_token(result, 1), 1.6, 0.05);
  EXPECT_NEAR(first_token(result, 3), first_token(result, 2), 0.05);
}

// Devices whose rooflines differ in everything, the time of a stage beside its blocks included.
TEST(Lockstep, MeasuredTimesAreAllThatANodeTakes) {
  if (tests::ranks().rank() > 0) return;
  EXPECT_DOUBLE_EQ(first_token(in_a_row("a100-40", "0,100,1\n"), 0), first_token(in_a_row("rtx-4090", "0,100,1\n"), 0));
}

}  // namespace
}  // namespace orrery::sim::serving
