#include "sim/verification/demands.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/toml.hpp"

namespace orrery::sim::verification {
namespace {

using testing::HasSubstr;

std::unique_ptr<VerificationPolicy> policy(const std::string& lines) {
  const auto root = config::parse_toml("[verification]\n" + lines, "test.toml");
  return config::Registry<VerificationPolicy>::instance()
      .make(*root.find("verification"), "verification", "none")
      .policy;
}

template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "was accepted";
  return "";
}

TEST(Demands, IntegerSumsNeedIntegerWeights) {
  const auto int8 = policy("policy = \"freivalds\"\nfield = \"int8\"");
  const std::string said = refusal([&] { check_demands(*int8, population("fp32", "test"), true, "s.toml:3:1"); });
  EXPECT_THAT(said, HasSubstr("s.toml:3:1: no 'fp32' device can make the evidence of 'freivalds:int8'"));
  EXPECT_THAT(said, HasSubstr("w8a8"));
  EXPECT_NO_THROW(check_demands(*int8, population("w8a8", "test"), true, "test"));
  EXPECT_NO_THROW(check_demands(*policy("policy = \"freivalds\""), population("fp32", "test"), true, "test"));
}

TEST(Demands, ACostProvesNothingThatIsComputed) {
  for (const char* name : {"zk", "mpc", "fhe"}) {
    const auto cost = policy(std::string("policy = \"") + name + "\"");
    EXPECT_THAT(refusal([&] { check_demands(*cost, population("fp32", "test"), true, "verification.policy"); }),
                HasSubstr("makes no evidence"));
    EXPECT_NO_THROW(check_demands(*cost, population("fp32", "test"), false, "test"));
  }
  EXPECT_NO_THROW(check_demands(*policy("policy = \"tee\""), population("fp32", "test"), true, "test"));
}

TEST(Demands, AToleranceWithoutCalibrationIsRefused) {
  const auto tolerant = policy("policy = \"redundancy\"");
  EXPECT_THAT(refusal([&] { threshold_of(*tolerant, std::nullopt, "verification.policy"); }),
              HasSubstr("'redundancy' has no threshold (it compares with a tolerance"));
  EXPECT_EQ(threshold_of(*tolerant, 0.25, "test"), 0.25);
  EXPECT_EQ(threshold_of(*policy("policy = \"redundancy\"\nthreshold = 0.125"), 0.25, "test"), 0.125);
  EXPECT_EQ(threshold_of(*policy("policy = \"refereed\""), std::nullopt, "test"), 0.5);
  EXPECT_TRUE(std::isnan(threshold_of(*policy("policy = \"toploc\"\nrule = \"published\""), std::nullopt, "test")));
}

}  // namespace
}  // namespace orrery::sim::verification
