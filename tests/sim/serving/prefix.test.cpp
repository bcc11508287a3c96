// Prefixes that requests share: what a hit saves, what it leaves alone, and when it is not to be had.
#include <gtest/gtest.h>

#include "tests/sim/serving/scenarios.hpp"

namespace orrery::sim::serving {
namespace {

using tests::churn;
using tests::column_of;
using tests::metrics_of;
using tests::ranks;
using tests::scenario;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  text.replace(text.find(what), what.size(), by);
  return text;
}

// Twenty requests of three groups on nodes that come and go; the embedded model.
std::string groups(const std::string& mode, bool cache, const std::string& more = {}) {
  const std::string text =
      replaced(churn(mode, more), "[workload]\n", "[workload]\nprefix_groups = 3\nprefix_tokens = 30\n");
  return cache ? text : replaced(text, "[serving]\n", "[serving]\nprefix_cache = false\n");
}

constexpr const char* affinity = "[routing]\npolicy = \"session_affinity\"\nload = 1e9\n";

TEST(Prefix, TheTextIsTheSameWithAndWithoutTheCache) {
  const RunResult with = run(scenario(groups("real", true, affinity)), ranks());
  const RunResult without = run(scenario(groups("real", false, affinity)), ranks());
  if (ranks().rank() > 0) return;
  EXPECT_GT(metrics_of(with).at("prefix_tokens_skipped"), 0);
  EXPECT_EQ(metrics_of(without).at("prefix_tokens_skipped"), 0);
  EXPECT_EQ(metrics_of(with).at("requests_served"), 20);
  EXPECT_EQ(metrics_of(without).at("requests_served"), 20);
  EXPECT_GE(metrics_of(with).at("failovers"), 1) << "the test wants chains that lose a part after a hit";
  EXPECT_EQ(with.texts, without.texts);
}

TEST(Prefix, TimesDoNotDependOnWhetherNumbersAreComputed) {
  const RunResult real = run(scenario(groups("real", true, affinity)), ranks());
  if (ranks().rank() > 0) return;
  const RunResult model = run(scenario(groups("model", true, affinity)), Context());
  EXPECT_EQ(column_of(real.requests, "latency"), column_of(model.requests, "latency"));
  EXPECT_EQ(metrics_of(real).at("prefix_tokens_skipped"), metrics_of(model).at("prefix_tokens_skipped"));
}

// Here a chain that began with a prefix is lost while outputs of its last part are still under way; they come in while the
// next chain, which has the prefix too, is being opened, and must not be taken for its own.
TEST(Prefix, WhatALostChainHadUnderWayIsNotTakenForTheNextOnes) {
  if (ranks().rank() > 0) return;
  const RunResult result = run(scenario(R"(
[experiment]
seed = 31
max_time_s = 3600
[model]
name = "llama-3-8b"
[swarm]
nodes = 60
lifetime = "spot_v100"
time_scale = 0.025
[workload]
requests = 200
rate = 0.4
lengths = "lognormal"
prompt_tokens = 128
output_tokens = 64
max_prompt = 1024
max_output = 256
prefix_groups = 16
prefix_tokens = 384
[serving]
request_timeout_s = 300
[routing]
policy = "petals"
)"),
                               Context());
  EXPECT_GE(metrics_of(result).at("failovers"), 1);
  EXPECT_GT(metrics_of(result).at("prefix_tokens_skipped"), 0);
}

// One node holds everything, and one client asks one request after another.
std::string in_turn(int requests, const std::string& workload, const std::string& serving = {}) {
  return R"(
[model]
name = "llama-2-7b"
weights = "int8"
[swarm]
node = [{ device = "rtx-3060", count = 1, blocks = 32 }]
[network]
kind = "uniform"
nat_share = 0
jitter = 0
[rebalancing]
policy = "never"
[workload]
arrival = "closed"
clients = 1
think_s = 1
output_tokens = 2
requests = )" +
         std::to_string(requests) + "\n" + workload + "[serving]\n" + serving;
}

TEST(Prefix, AHitTakesTheTimeOfTheRestOfThePrompt) {
  if (ranks().rank() > 0) return;
  const RunResult shared = run(
      scenario(in_turn(4, "prompt_tokens = 100\nprefix_groups = 1\nprefix_tokens = 900\n", "prefill_chunk = 1000\n")),
      Context());
  const RunResult whole = run(scenario(in_turn(1, "prompt_tokens = 1000\n", "prefill_chunk = 1000\n")), Context());
  EXPECT_EQ(metrics_of(shared).at("prefix_tokens_skipped"), 3 * 900);
  const std::vector<double>& ttft = column_of(shared.requests, "ttft");
  EXPECT_DOUBLE_EQ(ttft[0], column_of(whole.requests, "ttft")[0]) << "the first computes all of it";
  EXPECT_LT(ttft[1], 0.5 * ttft[0]) << "a tenth of the positions, with all of the context";
  for (int i = 2; i < 4; ++i) EXPECT_NEAR(ttft[i], ttft[1], 1e-9);
}

// KV room for some 10,000 positions: two prefixes of 4,000 do not stay beside a session of 4,100.
TEST(Prefix, GivesWayToSessions) {
  if (ranks().rank() > 0) return;
  const auto skipped = [](int tokens, int groups) {
    const auto metrics =
        metrics_of(run(scenario(in_turn(12,
                                        "prompt_tokens = 100\nprefix_groups = " + std::to_string(groups) +
                                            "\nprefix_tokens = " + std::to_string(tokens) + "\n",
                                        "cache_tokens = 4200\n")),
                       Context()));
    EXPECT_EQ(metrics.at("requests_served"), 12);
    EXPECT_EQ(metrics.at("failed_no_memory"), 0);
    return metrics.at("prefix_tokens_skipped") / tokens;
  };
  EXPECT_EQ(skipped(100, 2), 10) << "both stay";
  EXPECT_LT(skipped(4000, 2), 10);
}

TEST(Prefix, AKeyWithoutGroupsIsAnError) { EXPECT_THROW(scenario("[workload]\nprefix_tokens = 10\n"), InputError); }

}  // namespace
}  // namespace orrery::sim::serving
