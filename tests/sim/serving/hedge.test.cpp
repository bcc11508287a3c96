// A second chain for late prompts: who wins, what it costs, and that the text does not change.
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

// A request is late when it is slower than the fastest of the client's: nearly all are.
constexpr const char* eager = "[routing]\npolicy = \"hedged\"\nof = \"random\"\nquantile = 0\nleast = 1\n";

// Three in ten nodes are slow: who meets them loses.
std::string with_slow(const std::string& mode, const std::string& more) {
  std::string text = churn(mode, more);
  return text.replace(text.find("[swarm]\n"), 8, "[swarm]\nslow_share = 0.3\nslow_factor = 200\n");
}

TEST(Hedge, TwoChainsComputeAndTheTextDoesNotChange) {
  const RunResult result = run(scenario(with_slow("real", eager)), ranks());
  if (ranks().rank() > 0) return;
  const auto metrics = metrics_of(result);
  EXPECT_GE(metrics.at("hedges"), 5);
  EXPECT_GE(metrics.at("hedges_won"), 1);
  EXPECT_LT(metrics.at("hedges_won"), metrics.at("hedges"));
  EXPECT_GT(metrics.at("hedge_tokens"), 0);
  EXPECT_EQ(metrics.at("requests_served"), 20);
  const auto setup = tests::embedded_setup(11, kernels::WireFormat::fp32);
  for (std::uint32_t r = 0; r < 20; ++r) {
    EXPECT_EQ(result.texts.at(r), tests::single_process_text(setup, RequestId(r), 24, 20)) << "request " << r;
  }
}

TEST(Hedge, NobodyIsLateBeforeThereIsAPast) {
  if (ranks().rank() > 0) return;
  const std::string never = "[routing]\npolicy = \"hedged\"\nof = \"petals\"\nleast = 1000\n";
  const RunResult plain = run(scenario(churn("model", "[routing]\npolicy = \"petals\"\n")), Context());
  const RunResult hedged = run(scenario(churn("model", never)), Context());
  EXPECT_EQ(metrics_of(hedged).at("hedges"), 0);
  EXPECT_EQ(column_of(plain.requests, "latency"), column_of(hedged.requests, "latency"));
}

// Two nodes hold the model, one of them ten times slower; a client that chooses at random has its answer from the fast
// one soon after the slow one is late.
TEST(Hedge, TheTailIsCut) {
  if (ranks().rank() > 0) return;
  const auto p95 = [](const std::string& routing) {
    return metrics_of(run(scenario(R"(
[experiment]
seed = 4
[model]
name = "llama-2-7b"
weights = "int8"
[swarm]
node = [{ device = "rtx-4090", count = 3, blocks = 32 }, { device = "cpu-8", count = 1, blocks = 32 }]
[network]
kind = "uniform"
nat_share = 0
[rebalancing]
policy = "never"
[workload]
clients = 1
requests = 60
rate = 0.02
prompt_tokens = 128
output_tokens = 2
[serving]
step_timeout_s = 1000
prefill_chunk = 16
)" + routing),
                          Context()));
  };
  const auto plain = p95("[routing]\npolicy = \"random\"\n");
  const auto hedged = p95("[routing]\npolicy = \"hedged\"\nof = \"random\"\nquantile = 0.6\nleast = 4\n");
  EXPECT_GT(hedged.at("hedges_won"), 5);
  EXPECT_LT(hedged.at("ttft_p95"), 0.5 * plain.at("ttft_p95"));
  EXPECT_GT(hedged.at("block_tokens"), plain.at("block_tokens")) << "the loser's work is not free";
}

}  // namespace
}  // namespace orrery::sim::serving
