// What a large swarm cannot follow is refused, once, with the key and what to do.
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
  EXPECT_THAT(complaint("[behaviour]\npolicy = \"int8\"\n"), HasSubstr("behaviour"));
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
