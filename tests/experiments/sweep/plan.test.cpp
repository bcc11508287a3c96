#include "experiments/sweep/plan.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/experiments/scratch.hpp"

namespace orrery::experiments::sweep {
namespace {

using experiments::tests::message_of;

const std::string routers =
    "[[sweep.variant]]\naxis = \"router\"\nname = \"petals\"\nset = { routing.policy = \"petals\" }\n"
    "[[sweep.variant]]\naxis = \"router\"\nname = \"chance\"\nset = { routing.policy = \"random\" }\n";

Plan plan(const std::string& text, std::vector<std::string> changes = {}) {
  return Plan({"s.toml", text, std::move(changes), {}});
}
std::string refused(const std::string& text, std::vector<std::string> changes = {}) {
  return message_of([&] {
    const Plan p = plan(text, changes);
    for (std::size_t i = 0; i < p.points(); ++i) p.scenario(i, 0);
  });
}

TEST(Plan, TheLastAxisVariesFastestAndReplicasAreSeeds) {
  const Plan p =
      plan("[experiment]\nseed = 40\n[sweep]\nreplicas = 3\n[sweep.over]\nworkload.rate = [1, 2.5]\n" + routers);
  EXPECT_EQ(p.points(), 4u);
  EXPECT_EQ(p.slots(), 12u);
  EXPECT_EQ(p.label(1), "workload.rate = 1, router = chance");
  EXPECT_EQ(p.label(2), "workload.rate = 2.5, router = petals");
  const auto scenario = p.scenario(3, 2);
  EXPECT_EQ(scenario.workload.rate, 2.5);
  EXPECT_EQ(scenario.experiment.seed, 42);
  EXPECT_EQ(p.scenario_of_row(11).canonical(), scenario.canonical());
  EXPECT_NE(scenario.canonical().find("routing.policy = \"random\"\n"), std::string::npos);
}

TEST(Plan, ARowSaysWhereItStands) {
  const Plan p =
      plan("[sweep]\nreplicas = 2\n[sweep.over]\nworkload.rate = [1, 2.5]\nswarm.lifetime = [\"none\"]\n" + routers);
  const Row row = p.row(p.scenario(3, 1), 3, 1);
  EXPECT_EQ(row.point_number, 3);
  EXPECT_EQ(row.replica, 1);
  EXPECT_EQ(row.status, Status::todo);
  std::vector<std::string> axes(3);
  for (const Point& point : row.point) {
    if (point.axis >= 0) axes[static_cast<std::size_t>(point.axis)] = point.key + " " + point.label;
    if (point.key == "workload.rate") {
      EXPECT_EQ(point.value, 2.5);
      EXPECT_EQ(point.unit, "request/s");
    }
  }
  EXPECT_EQ(axes, (std::vector<std::string>{"workload.rate ", "swarm.lifetime none", "router chance"}));
}

TEST(Plan, RangesHaveBothEnds) {
  const auto values = [](const std::string& range) {
    std::vector<double> all;
    const Plan p = plan("[sweep.over]\nswarm.nodes = " + range + "\n");
    for (const Level& level : p.axes()[0].levels) all.push_back(level.number);
    return all;
  };
  EXPECT_EQ(values("{from = 10, to = 40, steps = 4}"), (std::vector<double>{10, 20, 30, 40}));
  EXPECT_EQ(values("{from = 40, to = 10, steps = 2}"), (std::vector<double>{40, 10}));
  EXPECT_EQ(values("{from = 1, to = 1000, steps = 4, scale = \"log\"}"), (std::vector<double>{1, 10, 100, 1000}));
  EXPECT_EQ(values("{from = 0.0, to = 1.0, steps = 3}"), (std::vector<double>{0, 0.5, 1}));
}

TEST(Plan, DottedAndQuotedKeysAreTheSameAxis) {
  EXPECT_EQ(plan("[sweep.over]\n\"workload.rate\" = [1, 2]\n").axes()[0].name, "workload.rate");
  EXPECT_EQ(plan("[sweep]\n", {"sweep.over.workload.rate=[1, 2]"}).axes()[0].name, "workload.rate");
  EXPECT_NE(refused("[sweep.over]\n\"workload.rate\" = [1]\nworkload.rate = [2]\n").find("is an axis twice"),
            std::string::npos);
}

TEST(Plan, ErrorsNameThePlaceAndThePoint) {
  EXPECT_EQ(
      refused("[swarm]\nnodes = 3\n"),
      "s.toml: this scenario is one run (it has no section [sweep]). Use `orrery run`, or see `orrery explain sweep`.");
  EXPECT_EQ(
      refused("[sweep]\n[sweep.over]\nworkload.rate = [1,\n -2]\n"),
      "s.toml:4:2: 'rate' is out of range (-2.0 is too small). Give a number from 1e-06 to 1e+09 request/s. In point "
      "workload.rate = -2.");
  EXPECT_TRUE(refused("[sweep]\nreplicas = 0\n").starts_with("s.toml:2:12: 'replicas' is out of range"));
  EXPECT_TRUE(refused("[sweep]\nreplica = 2\n").starts_with("s.toml:2:1: unknown key 'replica'"));
  EXPECT_TRUE(refused("[sweep.over]\nworkload.rat = [1]\n").starts_with("s.toml:2:17: unknown key 'rat'"))
      << refused("[sweep.over]\nworkload.rat = [1]\n");
  EXPECT_TRUE(refused("[sweep.over]\nrate = [1]\n").starts_with("s.toml:2:1: 'rate' cannot be an axis"));
  EXPECT_TRUE(
      refused("[sweep.over]\nworkload.rate = []\n").starts_with("s.toml:2:17: the axis 'workload.rate' has no values"));
  EXPECT_TRUE(refused("[sweep.over]\nworkload.rate = 3\n")
                  .starts_with("s.toml:2:17: the axis 'workload.rate' has the wrong type"));
  EXPECT_TRUE(refused("[sweep.over]\nworkload.rate = {from = 1, to = 2}\n").find("has no 'steps'") !=
              std::string::npos);
  EXPECT_TRUE(refused("[sweep.over]\nworkload.rate = {from = 0, to = 2, steps = 3, scale = \"log\"}\n")
                  .find("cannot be logarithmic") != std::string::npos);
  // A check across keys, whose place is that of the section.
  EXPECT_TRUE(refused("[swarm]\nnodes = 5\n[sweep.over]\nswarm.lifetime = [\"exponential\"]\n")
                  .starts_with("s.toml:1:2: swarm.lifetime_mean_s: is missing"));
}

TEST(Plan, AxesMayNotOverruleOneAnother) {
  EXPECT_NE(refused("[sweep.over]\nrouting.policy = [\"petals\"]\n" + routers).find("is set by two axes"),
            std::string::npos);
  EXPECT_NE(refused("[sweep]\n" + routers + routers).find("stands twice on the axis 'router'"), std::string::npos);
  EXPECT_TRUE(
      refused("[sweep]\n[[sweep.variant]]\nset = {}\n").starts_with("s.toml:2:9: sweep.variant: a variant has no name"))
      << refused("[sweep]\n[[sweep.variant]]\nset = {}\n");
}

TEST(Plan, MoreRowsThanFitAreCountedNotAllocated) {
  const std::string thousand = " = {from = 1, to = 1000, steps = 1000}\n";
  const std::string cube =
      "[sweep.over]\nswarm.nodes" + thousand + "workload.clients" + thousand + "workload.requests" + thousand;
  EXPECT_EQ(refused(cube),
            "s.toml: this sweep has 1000000000 runs (at most 1000000 fit into one sweep). "
            "Take fewer values or replicas, or split it into several sweeps.");
  std::string many = cube;
  for (const char* key :
       {"serving.cache_tokens", "serving.prefill_chunk", "serving.max_batch_tokens", "workload.max_prompt"}) {
    many += key + thousand;
  }
  EXPECT_NE(refused(many).find("this sweep has more than 10^19 runs"), std::string::npos);
}

TEST(Plan, PointsThatCollideAreNamed) {
  const Plan p = plan("[sweep]\nreplicas = 2\n[sweep.over]\nexperiment.seed = [1, 2]\n");
  std::vector<std::string> ids;
  for (std::size_t row = 0; row < p.slots(); ++row) ids.push_back(p.scenario_of_row(row).canonical());
  EXPECT_EQ(message_of([&] { check_distinct(p, ids); }),
            "s.toml: rows 1 and 2 are the same run (experiment.seed = 1 (replica 1) and experiment.seed = 2 (replica "
            "0) come to "
            "the same scenario). Take the value that stands twice out of an axis.");
  EXPECT_EQ(message_of([] { plan("[sweep]\n").scenario_of_row(1); }),
            "--row 1: there is no such row (s.toml has 1 rows, counted from 0). Give one below 1.");
}

}  // namespace
}  // namespace orrery::experiments::sweep
