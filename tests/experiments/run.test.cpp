#include "experiments/run.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "experiments/files.hpp"
#include "experiments/results.hpp"
#include "sim/routing/policy.hpp"
#include "tests/experiments/scratch.hpp"

namespace orrery::experiments {
namespace {

// A policy that breaks the run at its first request.
struct Breaking final : sim::routing::RoutingPolicy {
  struct Params {
    static sim::config::Fields<Params> fields() { return {}; }
  };
  static sim::config::About about() { return {"breaking", "breaks the run", "For the tests of a failed run.", "ours"}; }
  explicit Breaking(const Params&) {}
  sim::routing::RouteOutcome route(const sim::routing::RouteRequest&, const sim::routing::RoutingView&,
                                   sim::routing::RoutingMemory&, sim::Draw&) const override {
    throw RunError("the first request broke it");
  }
};
ORRERY_REGISTER(sim::routing::RoutingPolicy, Breaking);

class RunTest : public tests::Scratch {
 protected:
  const Ranks ranks{orrery::tests::communicator()};

  // Rank 0's folder holds the files; the scenario has to be there only.
  int run(const std::string& scenario, std::vector<std::string> changes = {}) {
    std::ofstream(path("s.toml")) << scenario;
    RunArguments arguments;
    arguments.scenario = path("s.toml");
    arguments.changes = std::move(changes);
    arguments.out = path("r.h5");
    arguments.quiet = true;
    return run_scenario(arguments, ranks);
  }
  StoredResults results() const { return read_results(read_file(path("r.h5")), "r.h5"); }
};

const std::string small =
    "[swarm]\nnodes = 12\ndevices = {a40 = 1}\n[network]\nkind = \"uniform\"\n"
    "[workload]\nrequests = 5\noutput_tokens = 4\n";

TEST_F(RunTest, ADoneRunIsARowWithNumbers) {
  EXPECT_EQ(run(small), 0);
  if (!ranks.speaks()) return;
  EXPECT_EQ(results().status, (std::vector<Status>{Status::done}));
  EXPECT_FALSE(results().metrics.empty());
  for (const StoredColumn& point : results().points) {
    if (point.name == "workload.requests") {
      EXPECT_EQ(point.values, (std::vector<double>{5}));
      EXPECT_FALSE(point.unit.empty() || point.what.empty());
    }
  }
}

TEST_F(RunTest, ABrokenRunIsAFailedRowWithItsReasonOnAnyNumberOfRanks) {
  EXPECT_EQ(run(small, {"routing.policy=breaking"}), 1);
  if (!ranks.speaks()) return;
  EXPECT_EQ(results().status, (std::vector<Status>{Status::failed}));
  EXPECT_EQ(results().reason, (std::vector<std::string>{"the first request broke it"}));
  EXPECT_TRUE(results().metrics.empty()) << "a failed run has no numbers";
}

TEST_F(RunTest, WhatOnlyTheRunFindsOutHasItsPlaceAndLeavesNoFile) {
  const std::string message = tests::message_of([&] {
    run(small + "[model]\nname = \"embedded\"\n[execution]\nmode = \"real\"\n", {"workload.output_tokens=100000"});
  });
  EXPECT_NE(message.find("s.toml:6:2: workload: a request needs"), std::string::npos) << message;
  EXPECT_FALSE(std::filesystem::exists(path("r.h5")));
}

}  // namespace
}  // namespace orrery::experiments
