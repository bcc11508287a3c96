#include "experiments/check.hpp"

#include <gtest/gtest.h>

#include "experiments/scenario_file.hpp"

namespace orrery::experiments {
namespace {

std::string check(const std::string& text, std::vector<std::string> changes = {}) {
  return check_text(parse_scenario({"s.toml", text, std::move(changes), {}}));
}

TEST(Check, TheTextIsAScenarioWithTheSameId) {
  const std::string once = check("[swarm]\nnodes = 12\n[[swarm.node]]\ndevice = \"t4\"\ncount = 3\n");
  EXPECT_EQ(check(once), once);
  EXPECT_NE(once.find("# 3 nodes, "), std::string::npos) << "rows replace the count\n" << once;
  EXPECT_NE(check(once, {"experiment.seed=9"}), once);
}

TEST(Check, TheSizeSaysHowManyRequests) {
  EXPECT_NE(check("[workload]\nrequests = 40\n").find("# at most 40 requests, "), std::string::npos);
  EXPECT_NE(check("[workload]\nrequests = 0\nrate = 2\nduration_s = 30\n").find("# about 60 requests, "),
            std::string::npos);
}

}  // namespace
}  // namespace orrery::experiments
