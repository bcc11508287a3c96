// A large swarm is the same swarm: its results lie where those of the whole form do, its runs are pure functions of the
// scenario, and nothing is lost.
#include "sim/fleet/fleet.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/fleet/scenarios.hpp"

namespace orrery::sim::fleet {
namespace {

using tests::metrics_of;
using tests::Shape;

struct Mean {
  double mean = 0, error = 0;  // standard error of the mean
};
// Over seeds: of what `form` gives for one metric.
std::map<std::string, Mean> over_seeds(const Shape& shape, const std::vector<std::string>& names) {
  constexpr int seeds = 6;
  std::map<std::string, std::vector<double>> values;
  for (int seed = 1; seed <= seeds; ++seed) {
    auto metrics = metrics_of(tests::run(tests::swarm(shape, seed)));
    for (const std::string& name : names) values[name].push_back(metrics.at(name));
  }
  std::map<std::string, Mean> means;
  for (const auto& [name, list] : values) {
    Mean m;
    for (double x : list) m.mean += x / seeds;
    for (double x : list) m.error += (x - m.mean) * (x - m.mean) / (seeds - 1);
    m.error = std::sqrt(m.error / seeds);
    means[name] = m;
  }
  return means;
}

// Both forms draw the same nodes, lives and requests. Where a sample is the whole swarm, what differs is that clients
// pay a round trip to the directory where the whole form looks at a view of up to view_refresh_s ago; so time to first
// token may differ by that trip (below 0.4 s on earth), and the rest within the noise of who is chosen when.
TEST(Fleet, AgreesWithTheWholeForm) {
  Shape large, whole;
  large.more = "sample = 500\n";
  whole.form = "whole";
  const std::vector<std::string> names{"throughput_tokens", "inter_token_p50",   "ttft_p50",
                                       "latency_p50",       "requests_served",   "block_tokens",
                                       "bytes_moved",       "nodes_online_mean", "utilisation"};
  const auto a = over_seeds(large, names), b = over_seeds(whole, names);
  const auto near = [&](const std::string& name, double share, double more = 0) {
    const double noise = 3 * std::hypot(a.at(name).error, b.at(name).error);
    EXPECT_NEAR(a.at(name).mean, b.at(name).mean, share * b.at(name).mean + noise + more) << name;
  };
  near("throughput_tokens", 0.05);
  near("inter_token_p50", 0.05);
  near("ttft_p50", 0.05, 0.4);
  near("latency_p50", 0.05, 0.4);
  near("requests_served", 0.01);
  near("block_tokens", 0.03);
  near("bytes_moved", 0.1);
  near("nodes_online_mean", 0.02);
  near("utilisation", 0.1);
}

// Without churn, jitter and competition a request passes the same stages and links in both forms, so that it takes the
// same time but for the trip to the directory.
TEST(Fleet, OneRequestTakesTheSameTime) {
  Shape large, whole;
  large.requests = whole.requests = 1;
  large.lifetime = whole.lifetime = "lifetime = \"none\"";
  large.more = "sample = 500\n[network]\njitter = 0\n";
  whole.more = "[network]\njitter = 0\n";
  whole.form = "whole";
  auto a = metrics_of(tests::run(tests::swarm(large))), b = metrics_of(tests::run(tests::swarm(whole)));
  EXPECT_EQ(a["requests_served"], 1);
  EXPECT_NEAR(a["inter_token_p50"], b["inter_token_p50"], 1e-9);
  const double trip = a["ttft_p50"] - b["ttft_p50"];
  EXPECT_GT(trip, 0);
  EXPECT_LT(trip, 0.5);
  EXPECT_NEAR(a["latency_p50"] - b["latency_p50"], trip, 1e-6);
  EXPECT_EQ(a["block_tokens"], b["block_tokens"]);
}

TEST(Fleet, BothEventSetsGiveTheSameRun) {
  const auto scenario = tests::scenario(tests::swarm({}));
  const workload::ModelGraph model = workload::graph(scenario.model);
  std::vector<std::uint64_t> hashes;
  for (const auto set : {engine::EventSet::radix_heap, engine::EventSet::binary_heap}) {
    Fleet fleet(scenario, model, set);
    fleet.run({});
    hashes.push_back(fleet.state_hash());
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  const auto another = tests::scenario(tests::swarm({}, 2));
  Fleet other(another, model);
  other.run({});
  EXPECT_NE(other.state_hash(), hashes[0]);
}

// Sessions of half a minute: chains break all the time, and every request still ends once and nothing stays behind.
TEST(Fleet, EveryRequestEndsOnceUnderHeavyChurn) {
  Shape shape;
  shape.lifetime = "lifetime = \"exponential\"\nlifetime_mean_s = 30\nabsence_mean_s = 30\ncrash_share = 0.5";
  const auto scenario = tests::scenario(tests::swarm(shape));
  const workload::ModelGraph model = workload::graph(scenario.model);
  Fleet fleet(scenario, model);
  auto metrics = metrics_of(fleet.result(fleet.run({})));
  EXPECT_EQ(metrics["requests_total"], 400);
  EXPECT_EQ(metrics["requests_served"] + metrics["requests_failed"] + metrics["requests_rejected"], 400);
  EXPECT_GT(metrics["failovers"], 20);
  EXPECT_GT(metrics["replayed_tokens"], 0);
  EXPECT_GT(metrics["requests_served"], 300);
  EXPECT_EQ(fleet.clients().running().count(), 0);
}

TEST(Fleet, TheHorizonEndsWhatRuns) {
  Shape shape;
  shape.more = "[serving]\nclient_device = \"cpu-8\"\n";
  const auto toml = tests::swarm(shape);
  const auto cut = toml.substr(0, 13) + "max_time_s = 12\n" + toml.substr(13);
  auto metrics = metrics_of(tests::run(cut));
  EXPECT_GT(metrics["failed_horizon"], 0);
  EXPECT_EQ(metrics["duration"], 12);
}

TEST(Fleet, ASmallSampleStillCoversTheModel) {
  Shape shape;
  shape.more = "sample = 1\n";
  auto metrics = metrics_of(tests::run(tests::swarm(shape)));
  EXPECT_GT(metrics["requests_served"], 360);
  EXPECT_LT(metrics["sample_nodes_mean"], 32);
  EXPECT_GE(metrics["sample_nodes_mean"], 1);
}

}  // namespace
}  // namespace orrery::sim::fleet
