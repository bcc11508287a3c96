#include "experiments/scenario_file.hpp"

#include <gtest/gtest.h>

#include "tests/experiments/scratch.hpp"

namespace orrery::experiments {
namespace {

using tests::message_of;

std::string error(const std::string& text, std::vector<std::string> changes = {}) {
  return message_of([&] { parse_scenario({"s.toml", text, changes, {}}); });
}

TEST(ScenarioFile, ChangesAndSeedGoOverTheFile) {
  const auto s = parse_scenario({"s.toml",
                                 "[swarm]\nnodes = 7\n[experiment]\nseed = 3\n",
                                 {"swarm.nodes=8", "workload.rate=2", "swarm.nodes=9"},
                                 5});
  EXPECT_EQ(s.swarm.nodes, 9);
  EXPECT_EQ(s.workload.rate, 2.0);
  EXPECT_EQ(s.experiment.seed, 5);
}

TEST(ScenarioFile, ErrorsNameThePlaceOfTheKey) {
  EXPECT_TRUE(error("[swarm]\nnods = 7\n")
                  .starts_with("s.toml:2:1: unknown key 'nods' (nothing would read it). Did you mean 'nodes'?"))
      << error("[swarm]\nnods = 7\n");
  EXPECT_TRUE(error("", {"swarm.nodes=x1"}).starts_with("--set swarm.nodes=x1: 'nodes' has the wrong type"));
  EXPECT_EQ(error("", {"swarm.nodes"}),
            "--set swarm.nodes: no value (a change is key=value). Write --set section.key=value.");
}

// These come from checks that see values only: the place is added here.
TEST(ScenarioFile, ErrorsAcrossKeysNameTheirPlaceToo) {
  const std::string written = error("[workload]\n\nrequests = 0\n");
  EXPECT_TRUE(written.starts_with("s.toml:3:1: workload.requests: ")) << written;
  const std::string section = error("[swarm]\nlifetime = \"exponential\"\n");
  EXPECT_TRUE(section.starts_with("s.toml:1:2: swarm.lifetime_mean_s: is missing")) << section;
  const std::string changed = error("", {"workload.requests=0"});
  EXPECT_TRUE(changed.starts_with("--set workload.requests=0: workload.requests: ")) << changed;
}

}  // namespace
}  // namespace orrery::experiments
