#include "sim/config/registry.hpp"

// Every policy of every kind explains itself, has sane defaults, and refuses what it cannot use.

#include <cctype>
#include <cmath>

#include <gtest/gtest.h>

#include "sim/behaviour/policy.hpp"
#include "sim/config/toml.hpp"
#include "sim/failover/policy.hpp"
#include "sim/incentive/policy.hpp"
#include "sim/rebalancing/policy.hpp"
#include "sim/routing/policy.hpp"
#include "sim/sharding/policy.hpp"
#include "sim/strategy/policy.hpp"
#include "sim/verification/policy.hpp"

namespace orrery::sim::config {
namespace {

template <class Policy>
class Documented : public testing::Test {
 public:
  // The policy made from a scenario section that says only `lines`.
  static Made<Policy> make(const std::string& lines) {
    const Value root = parse_toml("[kind]\n" + lines, "test.toml");
    return Registry<Policy>::instance().make(*root.find("kind"), "kind", "no default");
  }
};
using Kinds = testing::Types<sharding::ShardingPolicy, rebalancing::RebalancingPolicy, routing::RoutingPolicy,
                             failover::FailoverPolicy, verification::VerificationPolicy, incentive::IncentivePolicy,
                             behaviour::BehaviourPolicy, strategy::StrategyPolicy>;
TYPED_TEST_SUITE(Documented, Kinds);

bool is_number(const FieldInfo& field) {
  return field.kind == FieldKind::integer || field.kind == FieldKind::real || field.kind == FieldKind::numbers;
}

void check_field(const FieldInfo& field) {
  SCOPED_TRACE("field " + field.name);
  EXPECT_FALSE(field.name.empty());
  EXPECT_NE(field.name, "policy") << "the key that names the policy";
  EXPECT_GE(field.what.size(), 10u) << "says what it means";
  if (is_number(field)) {
    EXPECT_FALSE(field.unit.empty()) << "a pure number has unit 1";
    EXPECT_TRUE(std::isfinite(field.low) || std::isfinite(field.high)) << "states a range";
    EXPECT_LT(field.low, field.high);
  }
  if (field.kind == FieldKind::choice) {
    EXPECT_GE(field.choices.size(), 2u);
  }
  for (const FieldInfo& column : field.columns) check_field(column);
}

TYPED_TEST(Documented, HasPolicies) { EXPECT_FALSE(Registry<TypeParam>::instance().records().empty()); }

TYPED_TEST(Documented, ExplainsItself) {
  for (const auto& [name, record] : Registry<TypeParam>::instance().records()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(name, record.about.name);
    for (char c : name) EXPECT_TRUE(std::islower(c) || std::isdigit(c) || c == '_') << c;
    EXPECT_GE(record.about.summary.size(), 10u);
    EXPECT_LE(record.about.summary.size(), 100u) << "one line of `orrery list`";
    EXPECT_EQ(record.about.summary.find('\n'), std::string::npos);
    EXPECT_GE(record.about.help.size(), 120u) << "prose: what it does, what it assumes, what is ours";
    EXPECT_FALSE(record.about.citation.empty());
    for (const FieldInfo& field : record.fields) check_field(field);
  }
}

TYPED_TEST(Documented, DefaultsAreInRangeAndReadBack) {
  for (const auto& [name, record] : Registry<TypeParam>::instance().records()) {
    SCOPED_TRACE(name);
    const Made<TypeParam> made = this->make("policy = " + write_text(name));
    ASSERT_NE(made.policy, nullptr);
    const Value text = parse_toml(made.canonical, "canonical.toml");
    ASSERT_NE(text.find("kind"), nullptr);
    for (const FieldInfo& field : record.fields) {
      EXPECT_NE(text.find("kind")->find(field.name), nullptr) << field.name << " is in the canonical text";
    }
    // Reading a value checks its range.
    const auto again = Registry<TypeParam>::instance().make(*text.find("kind"), "kind", "no default");
    EXPECT_EQ(again.canonical, made.canonical);
  }
}

TYPED_TEST(Documented, RefusesWhatItCannotUse) {
  for (const auto& [name, record] : Registry<TypeParam>::instance().records()) {
    SCOPED_TRACE(name);
    const std::string choice = "policy = " + write_text(name) + "\n";
    EXPECT_THROW(this->make(choice + "no_such_key = 1"), InputError);
    for (const FieldInfo& field : record.fields) {
      if (!is_number(field)) continue;
      const bool array = field.kind == FieldKind::numbers;
      for (double bound : {field.low - 1 - std::abs(field.low), field.high + 1 + std::abs(field.high)}) {
        if (!std::isfinite(bound)) continue;
        const std::string number =
            field.kind == FieldKind::integer ? std::to_string(std::llround(bound)) : write_real(bound);
        EXPECT_THROW(this->make(choice + field.name + " = " + (array ? "[" + number + "]" : number)), InputError)
            << field.name << " = " << number;
      }
    }
  }
  EXPECT_THROW(this->make("policy = \"no_such_policy\""), InputError);
}

}  // namespace
}  // namespace orrery::sim::config
