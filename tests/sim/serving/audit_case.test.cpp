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

TEST(AuditCase, TheRefereesWordEndsWhatOneRejectionOpened) {
  const auto refereed = config::Registry<verification::VerificationPolicy>::instance().make("refereed");
  AuditCase audit = audit_of(3);
  audit.fill(nodes({5, 7, 9}), 0, at(6), at(100));
  audit.hear(NodeId(5), Voted::accepted, false, 0);
  audit.hear(NodeId(7), Voted::accepted, false, 0);
  audit.hear(NodeId(9), Voted::rejected, true, 1);
  audit.conclude(*refereed, at(12));
  EXPECT_TRUE(audit.open()) << "two of three are no verdict";
  EXPECT_TRUE(audit.disputed());
  EXPECT_FALSE(audit.short_of_verifiers());
  audit.conclude(*refereed, at(18));
  EXPECT_TRUE(audit.open());
  audit.rule(Voted::rejected, at(24));
  EXPECT_EQ(audit.outcome(), Outcome::rejected);
  EXPECT_EQ(audit.ended(), at(24));
  EXPECT_TRUE(audit.was_disputed());
  EXPECT_THROW(audit.rule(Voted::accepted, at(30)), ContractError);

  AuditCase agreed = audit_of(1);
  agreed.fill(nodes({5}), 0, at(6), at(100));
  agreed.hear(NodeId(5), Voted::accepted, true, 1);
  agreed.conclude(*refereed, at(12));
  EXPECT_EQ(agreed.outcome(), Outcome::accepted) << "where nobody rejects there is no dispute";
}

TEST(AuditCase, FormAndSilenceAreKeptApartFromScores) {
  AuditCase forgiving = audit_of(1);
  forgiving.fill(nodes({5}), 0, at(6), at(100));
  forgiving.hear(NodeId(5), Voted::silent, false, 0);
  forgiving.conclude(majority(), at(12));
  EXPECT_EQ(forgiving.outcome(), Outcome::unfinished);
  EXPECT_TRUE(forgiving.seats().front().silent);

  AuditCase strict({.request = RequestId(3), .rows = 10, .parts = {{NodeId(0), 0, {0, 4}}}}, at(1), at(6), 1,
                   Silence::rejected);
  strict.fill(nodes({5}), 0, at(6), at(100));
  strict.hear(NodeId(5), Voted::silent, false, 0);
  strict.conclude(majority(), at(12));
  EXPECT_EQ(strict.outcome(), Outcome::rejected);

  AuditCase garbage = audit_of(1);
  garbage.fill(nodes({5}), 0, at(6), at(100));
  garbage.hear(NodeId(5), Voted::malformed, true, 0);
  garbage.conclude(majority(), at(12));
  EXPECT_EQ(garbage.outcome(), Outcome::rejected);
  EXPECT_TRUE(garbage.seats().front().malformed);
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

ledger::Digest seal(std::uint32_t node, Voted said, std::uint64_t nonce) {
  const auto answer = static_cast<std::uint8_t>(said);
  return ledger::commitment(RequestId(3), NodeId(node), nonce, ledger::BytesView(&answer, 1));
}

TEST(SealedVotes, AreShownWhenAllAreIn) {
  AuditCase audit = audit_of(3);
  audit.fill(nodes({5, 7, 9, 11}), 1, at(6), at(100));
  audit.hear_seal(NodeId(5), seal(5, Voted::rejected, 1));
  audit.hear_seal(NodeId(7), seal(7, Voted::accepted, 2));
  EXPECT_TRUE(audit.unseal(at(12), at(40)).empty()) << "one has not committed";
  audit.hear_reveal(NodeId(5), 1, Voted::rejected, true, 1, at(13));
  EXPECT_EQ(audit.votes(verification::Finding::rejected), 0) << "nobody shows a vote that could still be copied";
  audit.hear_seal(NodeId(9), seal(9, Voted::rejected, 3));
  EXPECT_EQ(audit.unseal(at(18), at(40)), nodes({5, 7, 9}));
  EXPECT_TRUE(audit.unseal(at(18), at(40)).empty()) << "once";
  audit.hear_reveal(NodeId(5), 1, Voted::rejected, true, 1, at(19));
  audit.hear_reveal(NodeId(7), 2, Voted::accepted, true, 1, at(19));
  audit.conclude(majority(), at(24));
  EXPECT_TRUE(audit.open());
  audit.hear_reveal(NodeId(9), 3, Voted::rejected, true, 1, at(25));
  audit.conclude(majority(), at(30));
  EXPECT_EQ(audit.outcome(), Outcome::rejected);
  EXPECT_EQ(audit.device_s(), 3);
}

TEST(SealedVotes, WhoShowsAnotherOrAStolenOneLosesItAndIsNotReplaced) {
  AuditCase audit = audit_of(3);
  audit.fill(nodes({5, 7, 9, 11}), 9, at(6), at(100));
  audit.hear_seal(NodeId(5), seal(5, Voted::accepted, 1));
  audit.hear_seal(NodeId(7), seal(5, Voted::accepted, 1));  // copied: it holds another's name
  audit.hear_seal(NodeId(9), seal(9, Voted::accepted, 3));
  ASSERT_EQ(audit.unseal(at(12), at(40)).size(), 3U);
  audit.hear_reveal(NodeId(5), 1, Voted::accepted, true, 1, at(13));
  audit.hear_reveal(NodeId(7), 1, Voted::accepted, false, 0, at(14));
  audit.hear_reveal(NodeId(9), 3, Voted::rejected, true, 1, at(14));
  audit.conclude(majority(), at(18));
  EXPECT_FALSE(audit.short_of_verifiers());
  EXPECT_EQ(audit.outcome(), Outcome::accepted) << "one vote is left";
  EXPECT_TRUE(audit.seats()[1].gone && audit.seats()[2].gone);
}

TEST(SealedVotes, SilenceBeforeAndAfter) {
  AuditCase audit = audit_of(2);
  audit.fill(nodes({5, 7, 9}), 9, at(6), at(100));
  audit.hear_seal(NodeId(5), seal(5, Voted::accepted, 1));
  audit.expire(at(100));
  EXPECT_TRUE(audit.short_of_verifiers()) << "7 never committed; 5 waits";
  EXPECT_EQ(audit.fill(nodes({5, 7, 9}), 9, at(102), at(200)), nodes({9}));
  audit.hear_seal(NodeId(9), seal(9, Voted::accepted, 2));
  ASSERT_EQ(audit.unseal(at(108), at(138)), nodes({5, 9}));
  audit.expire(at(138));
  audit.conclude(majority(), at(138));
  EXPECT_EQ(audit.outcome(), Outcome::unfinished) << "nobody showed a vote";
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
