// What a run and a placement report, against cases worked out by hand.
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "sim/network/port.hpp"
#include "sim/serving/placement.hpp"
#include "sim/workload/model_graph.hpp"
#include "tests/policies/views.hpp"
#include "tests/sim/serving/played.hpp"

namespace orrery::sim::serving {
namespace {

using orrery::tests::metrics_of;
using orrery::tests::ranks;
using orrery::tests::scenario;

std::string file(const std::string& name, const std::string& text) {
  std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

// Four blocks; a block takes 1 / inference_rps, links cost nothing and a token is one byte. Node 0 passes its two
// blocks 100 / 2 = 50 times a second, node 1 30 times, node 2 5 times, node 3 its one block once, and nobody hands on
// to it.
TEST(PlacementReport, IsWhatAHandWorksOut) {
  const std::vector<BlockSpan> spans{{0, 2}, {2, 4}, {2, 4}, {1, 2}};
  const double rps[] = {100, 60, 10, 1};
  const double memory[] = {16e9, 8e9, 2e9, 1e9};
  std::vector<NodeView> nodes;
  for (std::uint32_t i = 0; i < 4; ++i) {
    nodes.push_back(sim::tests::plain_node(i, spans[i].size(), spans[i]));
    nodes.back().inference_rps = rps[i];
    nodes.back().memory_bytes = memory[i];
  }
  const PlacementReport r = report_placement({4, Time(), nodes, nullptr}, spans);
  EXPECT_EQ(r.serving, 4);
  EXPECT_EQ(r.covered, 4);
  EXPECT_EQ(r.bottleneck, 2) << "50, 51, 35, 35 tokens a second: the first of the thinnest";
  EXPECT_NEAR(r.bottleneck_rate, 35, 1e-9);
  EXPECT_NEAR(r.flow, 35, 1e-6) << "nodes 1 and 2 limit it";
  EXPECT_NEAR(r.bound, (100 + 60 + 10 + 1) / 4.0, 1e-9) << "block passes in a second over blocks of a token";
  EXPECT_NEAR(r.gap, 1 - 35 / 42.75, 1e-6);
  EXPECT_NEAR(r.chain, 30, 1e-9) << "node 0 and then node 1";
  EXPECT_NEAR(r.chain_gap, 0, 1e-9) << "of two blocks each no chain is faster";
  EXPECT_NEAR(r.bytes_per_token, 3, 1e-6) << "client, node, node, client";
  EXPECT_EQ(r.smallest_useful, 2) << "node 3 is smaller, and the flow is the same without it";
  EXPECT_EQ(r.smallest_useful_bytes, 2e9);
}

TEST(PlacementReport, ChainGapIsTheShareOfTheExactBest) {
  std::vector<NodeView> nodes;
  for (std::uint32_t i = 0; i < 2; ++i) nodes.push_back(sim::tests::plain_node(i, 3));
  // Three of four blocks on one node: 100 / 3; two on each would pass 50.
  const PlacementReport r = report_placement({4, Time(), nodes, nullptr}, {{0, 3}, {3, 4}});
  EXPECT_NEAR(r.chain, 100.0 / 3, 1e-9);
  EXPECT_NEAR(r.chain_gap, 1 - (100.0 / 3) / 50, 1e-9);
}

constexpr const char* one_node = R"(
[model]
name = "embedded"
[network]
kind = "uniform"
nat_share = 0
[rebalancing]
policy = "never"
)";

// The only node crashes while the second of three requests is served, and the third finds nobody.
TEST(RoutingReport, GoodputLostIsCountedPerDeparture) {
  if (ranks().rank() > 0) return;
  const std::string lives = file("lives.csv", "node,start_s,end_s\n0,0,20\n");
  const std::string requests =
      file("requests.csv", "arrival_s,prompt_tokens,output_tokens\n1,8,2\n19.9,8,2000\n60,8,2\n");
  const auto metrics = metrics_of(run(scenario(std::string(one_node) + R"(
[experiment]
max_time_s = 2000
[swarm]
announce_period_s = 5
node = [{ device = "rtx-3060", count = 1, blocks = 32 }]
lifetime = "trace"
trace = ")" + lives + R"("
[serving]
request_timeout_s = 600
[workload]
clients = 1
arrival = "trace"
lengths = "trace"
trace = ")" + requests + "\"\n"),
                                      Context()));
  EXPECT_EQ(metrics.at("requests_served"), 1);
  EXPECT_EQ(metrics.at("departures"), 1);
  EXPECT_EQ(metrics.at("goodput_lost_per_departure"), 2);
}

// The node of the second half crashes in the middle of a request, and nobody can take its place: what each of the two
// did is on the record once.
TEST(RequestRecords, APartIsPutDownOnceThoughNobodyReplacesIt) {
  if (ranks().rank() > 0) return;
  const std::string lives = file("halves.csv", "node,start_s,end_s\n0,0,4000\n1,0,20\n");
  const std::string requests = file("one.csv", "arrival_s,prompt_tokens,output_tokens\n19.9,8,2000\n");
  const orrery::tests::Played played(std::string(one_node) + R"(
[experiment]
max_time_s = 2000
[sharding]
policy = "even"
[failover]
policy = "replay"
[swarm]
announce_period_s = 5
node = [{ device = "rtx-3060", count = 2, blocks = 6 }]
lifetime = "trace"
trace = ")" + lives + R"("
[serving]
request_timeout_s = 600
[workload]
clients = 1
arrival = "trace"
lengths = "trace"
trace = ")" + requests + "\"\n");
  ASSERT_EQ(played.records.size(), 1U);
  const RequestRecord& record = played.records.front();
  ASSERT_EQ(record.status, Status::failed);
  ASSERT_GE(record.failovers, 1);
  ASSERT_GT(record.output, 0);
  ASSERT_EQ(record.parts.size(), 2U) << "the lost leg once, and the one that is left";
  EXPECT_NE(record.parts[0].node, record.parts[1].node);
  EXPECT_GE(record.parts[0].tokens, 8 + record.output - 1);
}

TEST(RequestRecords, ChargesAddUp) {
  if (ranks().rank() > 0) return;
  const RunResult result = run(scenario(orrery::tests::churn("model")), Context());
  double sum = 0;
  for (const double charge : orrery::tests::column_of(result.requests, "charged")) sum += charge;
  EXPECT_NEAR(sum, metrics_of(result).at("coins_charged"), 1e-9);
}

// Node 1, the only one for the second half, leaves; node 2 moves there. Its weights come over a link of 8 Mbit/s.
TEST(Reports, ReconfigurationIsTheTimeOfFetchingWeights) {
  if (ranks().rank() > 0) return;
  const std::string lives = file("movers.csv", "node,start_s,end_s\n0,0,4000\n1,0,30\n2,0,4000\n");
  const Scenario s = scenario(R"(
[experiment]
max_time_s = 1000
[model]
name = "embedded"
[network]
kind = "uniform"
bandwidth_mbit = 8
nat_share = 0
[sharding]
policy = "petals"
[rebalancing]
policy = "petals"
mean_balance_check_period = 30
[swarm]
node = [{ device = "rtx-3060", count = 3, blocks = 6 }]
lifetime = "trace"
announce_period_s = 5
trace = ")" + lives + R"("
[workload]
clients = 1
requests = 40
rate = 0.1
prompt_tokens = 8
output_tokens = 2
)");
  const workload::ModelGraph graph = workload::graph(s.model);
  ASSERT_EQ(graph.block_count(), 12);
  const auto metrics = metrics_of(run(s, Context()));
  ASSERT_GE(metrics.at("moves"), 1);
  Bytes weights;
  for (int b = 6; b < 12; ++b) weights += graph.blocks[static_cast<std::size_t>(b)].weights;
  // Asking for them takes a round trip of 50 ms.
  const double fetching = weights.value() / 1e6 + 0.05;
  EXPECT_NEAR(metrics.at("reconfiguration_time_p50"), fetching, 1e-3);
  EXPECT_NEAR(metrics.at("reconfiguration_time_sum"), metrics.at("moves") * fetching, 1e-3);
}

TEST(Reports, ASwarmWithoutAnybodyIsAnError) {
  // A file for each rank: one that wrote while another reads would leave it half of one.
  const std::string lives = file("late" + std::to_string(ranks().rank()) + ".csv", "node,start_s,end_s\n0,500,900\n");
  try {
    run(scenario(std::string(one_node) +
                 "[experiment]\nmax_time_s = 400\n[swarm]\nnodes = 1\nlifetime = \"trace\"\ntrace = \"" + lives +
                 "\"\n"),
        ranks());
    FAIL();
  } catch (const InputError& e) {
    EXPECT_NE(std::string(e.what()).find("no node is ever on line"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace orrery::sim::serving
