// What a large swarm cannot follow is refused, once, with the key and what to do.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/fleet/scenarios.hpp"

namespace orrery::sim::fleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string complaint(const std::string& more) {
  try {
    tests::scenario(tests::swarm({.more = more}));
  } catch (const InputError& e) {
    return e.what();
  }
  return "(none)";
}

TEST(LargeForm, TakesWhatItCanFollow) { EXPECT_EQ(complaint(""), "(none)"); }

TEST(LargeForm, RefusesRealExecution) {
  EXPECT_THAT(complaint("[execution]\nmode = \"real\"\n"), HasSubstr("execution.mode"));
}

TEST(LargeForm, RefusesPoliciesThatNeedTheWholeSwarm) {
  EXPECT_THAT(complaint("[routing]\npolicy = \"helix\"\n"), AllOf(HasSubstr("routing.policy"), HasSubstr("samples")));
  EXPECT_THAT(complaint("[routing]\npolicy = \"clairvoyant\"\n"), HasSubstr("routing.policy"));
  EXPECT_THAT(complaint("[sharding]\npolicy = \"parallax\"\n"),
              AllOf(HasSubstr("sharding.policy"), HasSubstr("petals")));
}

TEST(LargeForm, RefusesWhatItDoesNotModel) {
  EXPECT_THAT(complaint("[failover]\npolicy = \"checkpoint\"\n"), HasSubstr("failover.policy"));
  EXPECT_THAT(complaint("[failover]\npolicy = \"restart\"\n"), HasSubstr("failover.policy"));
  EXPECT_THAT(complaint("[serving]\nbatching = \"layer\"\n"), HasSubstr("serving.batching"));
  EXPECT_THAT(complaint("[serving]\nkv_admission = \"grow\"\n"), HasSubstr("serving.kv_admission"));
  EXPECT_THAT(complaint("[network]\nbreak_probability = 0.1\n"), HasSubstr("network.break_probability"));
  EXPECT_THAT(complaint("[serving]\nprefix_cache = false\n"), HasSubstr("serving.prefix_cache"));
  EXPECT_THAT(complaint("[execution]\nentry_rate = 1e6\n"), HasSubstr("execution.entry_rate"));
  EXPECT_THAT(complaint("[execution]\nkeep_rate = 1e6\n"), HasSubstr("execution.keep_rate"));
  EXPECT_THAT(complaint("[network]\nlink_mbit = 10\n"), HasSubstr("network.link_mbit"));
  EXPECT_THAT(complaint("view_refresh_s = 5\n"), HasSubstr("swarm.view_refresh_s"));
  EXPECT_THAT(complaint("[behaviour]\npolicy = \"int8\"\n"), HasSubstr("behaviour.policy"));
  EXPECT_THAT(complaint("[verification]\npolicy = \"sampling\"\n"), HasSubstr("verification.policy"));
  EXPECT_THAT(complaint("[incentive]\npolicy = \"burn_mint\"\n"), HasSubstr("incentive.policy"));
  EXPECT_THAT(complaint("[routing]\npolicy = \"hedged\"\n"), HasSubstr("routing.policy"));
}

TEST(LargeForm, SaysWhereTheKeyIs) {
  const std::string toml = tests::swarm({.more = "[network]\nlink_mbit = 10\n"});
  const auto line = std::count(toml.begin(), toml.end(), '\n');
  EXPECT_THAT(complaint("[network]\nlink_mbit = 10\n"), HasSubstr("test.toml:" + std::to_string(line) + ":1: "));
}

TEST(LargeForm, RebalancingHasToBeNever) {
  const std::string toml = tests::swarm({});
  const std::size_t at = toml.find("[rebalancing]\npolicy = \"never\"\n");
  ASSERT_NE(at, std::string::npos);
  try {
    tests::scenario(toml.substr(0, at) + toml.substr(at + 31));
    ADD_FAILURE() << "petals rebalancing was accepted";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("rebalancing.policy"), HasSubstr("never")));
  }
}

TEST(LargeForm, ASampleNeedsIt) {
  try {
    tests::scenario(tests::swarm({.form = "whole", .more = "sample = 3\n"}));
    ADD_FAILURE() << "a key without effect was accepted";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("swarm.sample"), HasSubstr("has no effect")));
  }
}

}  // namespace
}  // namespace orrery::sim::fleet
