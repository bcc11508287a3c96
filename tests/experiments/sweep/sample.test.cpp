#include "experiments/sweep/sample.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "experiments/sweep/plan.hpp"
#include "tests/experiments/scratch.hpp"

namespace orrery::experiments::sweep {
namespace {

using experiments::tests::message_of;

std::vector<double> values(const Plan& plan, std::size_t axis) {
  std::vector<double> all;
  for (const Level& level : plan.axes()[axis].levels) all.push_back(level.number);
  return all;
}
Plan plan(const std::string& sweep) { return Plan({"s.toml", "[sweep]\n" + sweep, {}, {}}); }

const std::string axes =
    "[sweep.over]\nworkload.rate = {from = 2.0, to = 12.0}\nswarm.nodes = {from = 1, to = 10}\n"
    "workload.prompt_tokens = {from = 1.0, to = 1024.0, scale = \"log\"}\nrouting.policy = [\"petals\", \"random\"]\n";

TEST(Sample, ALatinHypercubeHasOnePointInEachPart) {
  const Plan p = plan("sample = \"latin_hypercube\"\nsamples = 40\n" + axes);
  EXPECT_EQ(p.points(), 40u);
  std::vector<double> rates = values(p, 0);
  std::sort(rates.begin(), rates.end());
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_GE(rates[i], 2 + 0.25 * static_cast<double>(i));
    EXPECT_LE(rates[i], 2 + 0.25 * static_cast<double>(i + 1));
  }
  std::map<double, int> nodes;
  for (const double n : values(p, 1)) nodes[n] += 1;
  EXPECT_EQ(nodes.size(), 10u);
  for (const auto& [n, count] : nodes) EXPECT_EQ(count, 4) << n << " nodes: integers are equally likely, the ends too";
  std::map<std::string, int> routers;
  for (const Level& level : p.axes()[3].levels) routers[level.label] += 1;
  EXPECT_EQ(routers["petals"], 20);
  std::vector<double> tokens = values(p, 2);
  EXPECT_EQ(std::count_if(tokens.begin(), tokens.end(), [](double x) { return x < 32; }), 20) << "half the decades";
}

TEST(Sample, DrawsDependOnTheSeedAndTheAxisOnly) {
  const auto rates = [](const std::string& text) { return values(plan(text), 0); };
  const std::string head = "sample = \"random\"\nsamples = 9\n";
  const std::string one = "[sweep.over]\nworkload.rate = {from = 2.0, to = 12.0}\n";
  EXPECT_EQ(rates(head + one), rates(head + axes)) << "another axis changes nothing";
  EXPECT_NE(rates(head + one), rates(head + "sample_seed = 2\n" + one));
  EXPECT_NE(rates(head + one), rates("sample = \"latin_hypercube\"\nsamples = 9\n" + one));
  for (const double rate : rates(head + one)) EXPECT_TRUE(rate >= 2 && rate <= 12);
}

TEST(Sample, PointsAreScenarios) {
  const Plan p = plan("sample = \"random\"\nsamples = 5\nreplicas = 2\n" + axes);
  EXPECT_EQ(p.slots(), 10u);
  const auto scenario = p.scenario(3, 1);
  EXPECT_EQ(scenario.workload.rate, values(p, 0)[3]);
  EXPECT_EQ(static_cast<double>(scenario.swarm.nodes), values(p, 1)[3]);
}

TEST(Sample, WhatContradictsIsRefused) {
  const auto refused = [](const std::string& text) { return message_of([&] { plan(text); }); };
  EXPECT_TRUE(refused("samples = 3\n").starts_with("s.toml:2:1: sweep.samples: has no effect"));
  EXPECT_TRUE(refused("sample = \"random\"\n").starts_with("s.toml:1:2: sweep.samples: is missing"))
      << refused("sample = \"random\"\n");
  EXPECT_NE(refused("sample = \"random\"\nsamples = 3\n[sweep.over]\nworkload.rate = {from = 1, to = 2, steps = 3}\n")
                .find("'steps' has no effect"),
            std::string::npos);
  EXPECT_TRUE(refused("max_replicas = 9\n").starts_with("s.toml:2:1: sweep.max_replicas: has no effect"));
  EXPECT_TRUE(refused("replicas = 1\nstop_metric = \"x\"\nmax_replicas = 9\n")
                  .starts_with("s.toml:2:1: sweep.replicas: is too"));
}

}  // namespace
}  // namespace orrery::experiments::sweep
