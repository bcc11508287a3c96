// One audit: seats, votes, replacements, and that it ends once.
#include "sim/serving/audit_case.hpp"

#include <gtest/gtest.h>

#include "sim/config/registry.hpp"

namespace orrery::sim::serving {
namespace {

Time at(double s) { return Time::from_seconds(s); }
std::vector<NodeId> nodes(std::initializer_list<std::uint32_t> list) {
  std::vector<NodeId> ids;
  for (const std::uint32_t i : list) ids.emplace_back(i);
  return ids;
}
AuditCase audit_of(int needed) {
  return AuditCase({.request = RequestId(3), .rows = 10, .parts = {{NodeId(0), 0, {0, 4}}}}, at(1), at(6), needed);
}
const verification::VerificationPolicy& majority() {
  static const auto policy = config::Registry<verification::VerificationPolicy>::instance().make("toploc");
  return *policy;
}

TEST(AuditCase, EndsWhenEverySeatHasVoted) {
  AuditCase audit = audit_of(3);
  EXPECT_TRUE(audit.short_of_verifiers());
  EXPECT_EQ(audit.fill(nodes({5, 7, 9, 11}), 0, at(6), at(100)), nodes({5, 7, 9}));
  audit.hear(NodeId(5), Voted::rejected, true, 0.5);
  audit.hear(NodeId(7), Voted::accepted, true, 0.25);
  audit.conclude(majority(), at(20));
  EXPECT_TRUE(audit.open());
  audit.hear(NodeId(11), Voted::accepted, true, 1);  // has no seat
  audit.hear(NodeId(5), Voted::accepted, true, 1);   // has voted
  audit.hear(NodeId(9), Voted::rejected, true, 0.25);
  audit.conclude(majority(), at(30));
  EXPECT_EQ(audit.outcome(), Outcome::rejected);
  EXPECT_EQ(audit.ended(), at(30));
  EXPECT_EQ(audit.device_s(), 1);
  audit.conclude(majority(), at(40));
  EXPECT_EQ(audit.ended(), at(30)) << "it ends once";
  EXPECT_THROW(audit.give_up(at(50)), ContractError);
}

TEST(AuditCase, WhoDeclinesOrFallsSilentIsReplacedByTheNextInOrder) {
  AuditCase audit = audit_of(2);
  const std::vector<NodeId> order = nodes({5, 7, 9, 11});
  audit.fill(order, 2, at(6), at(100));
  audit.hear(NodeId(7), Voted::declined, false, 0);
  EXPECT_TRUE(audit.short_of_verifiers());
  EXPECT_EQ(audit.fill(order, 2, at(12), at(200)), nodes({9}));
  audit.hear(NodeId(9), Voted::accepted, true, 0);
  audit.expire(at(99));
  EXPECT_FALSE(audit.short_of_verifiers());
  audit.expire(at(100));
  EXPECT_TRUE(audit.short_of_verifiers());
  audit.hear(NodeId(5), Voted::rejected, true, 0);  // too late
  EXPECT_EQ(audit.fill(order, 2, at(102), at(300)), nodes({11}));
  EXPECT_EQ(audit.redraws(), 2);
  audit.hear(NodeId(11), Voted::accepted, true, 0);
  audit.conclude(majority(), at(110));
  EXPECT_EQ(audit.outcome(), Outcome::accepted);
}

TEST(AuditCase, GivesUpAfterSoManyReplacements) {
  AuditCase audit = audit_of(1);
  const std::vector<NodeId> order = nodes({5, 7, 9});
  audit.fill(order, 1, at(6), at(100));
  audit.expire(at(100));
  audit.fill(order, 1, at(102), at(200));
  audit.expire(at(200));
  EXPECT_TRUE(audit.fill(order, 1, at(204), at(300)).empty());
  EXPECT_EQ(audit.outcome(), Outcome::unfinished);
  EXPECT_EQ(audit.redraws(), 1);
}

TEST(AuditCase, NobodyThereIsAnOutcomeOfItsOwn) {
  AuditCase none = audit_of(3);
  EXPECT_TRUE(none.fill(nodes({5, 7}), 5, at(6), at(100)).empty()) << "a committee is full or there is none";
  EXPECT_EQ(none.outcome(), Outcome::no_verifier);
  AuditCase later = audit_of(1);
  later.fill(nodes({5}), 5, at(6), at(100));
  later.expire(at(100));
  later.fill(nodes({5}), 5, at(102), at(200));
  EXPECT_EQ(later.outcome(), Outcome::no_verifier) << "nobody is asked twice";
}

TEST(AuditCase, WithoutEvidenceThereIsNoVerdict) {
  AuditCase audit = audit_of(1);
  audit.fill(nodes({5}), 0, at(6), at(100));
  audit.hear(NodeId(5), Voted::unchecked, false, 0);
  audit.conclude(majority(), at(12));
  EXPECT_EQ(audit.outcome(), Outcome::unfinished);
}

}  // namespace
}  // namespace orrery::sim::serving
