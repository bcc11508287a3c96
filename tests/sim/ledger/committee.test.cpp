#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "kernels/contract.hpp"
#include "sim/ledger/commit_reveal.hpp"
#include "sim/ledger/sortition.hpp"

namespace orrery::sim::ledger {
namespace {

BytesView view(const std::string& s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }
Time at(double s) { return Time::from_seconds(s); }

TEST(CommitReveal, TellsEveryWayToFail) {
  const RequestId task(4);
  std::vector<NodeId> members;
  for (std::uint32_t n = 0; n < 6; ++n) members.emplace_back(n);
  CommitReveal round(task, members, at(10), at(20));
  const auto digest = [&](std::uint32_t n, const std::string& answer) {
    return commitment(task, NodeId(n), 77 + n, view(answer));
  };
  EXPECT_TRUE(round.commit(NodeId(0), digest(0, "42"), at(1)));
  EXPECT_FALSE(round.commit(NodeId(0), digest(0, "43"), at(2))) << "once";
  EXPECT_FALSE(round.commit(NodeId(9), digest(9, "42"), at(2))) << "no member";
  EXPECT_TRUE(round.commit(NodeId(1), digest(1, "42"), at(10)));
  EXPECT_FALSE(round.commit(NodeId(2), digest(2, "42"), at(10.5))) << "too late";
  EXPECT_TRUE(round.commit(NodeId(3), digest(0, "42"), at(3))) << "a copy of somebody else's hash";
  EXPECT_TRUE(round.commit(NodeId(4), digest(4, "42"), at(3)));
  EXPECT_FALSE(round.reveal(NodeId(0), 77, view("42"), at(9))) << "somebody could still copy it";
  EXPECT_TRUE(round.reveal(NodeId(0), 77, view("42"), at(11)));
  EXPECT_TRUE(round.reveal(NodeId(1), 78, view("41"), at(12)));
  EXPECT_FALSE(round.reveal(NodeId(2), 79, view("42"), at(12))) << "committed nothing";
  EXPECT_TRUE(round.reveal(NodeId(3), 77, view("42"), at(12)));
  EXPECT_FALSE(round.reveal(NodeId(4), 81, view("42"), at(21))) << "too late";
  const std::vector<Reveal> expected = {Reveal::valid,      Reveal::mismatched, Reveal::no_commit,
                                        Reveal::mismatched, Reveal::no_reveal,  Reveal::no_commit};
  EXPECT_EQ(round.outcome(), expected);
}

TEST(Digest, PartsAreKeptApart) {
  EXPECT_NE(Hasher("a").add(std::string_view("bc")).digest(), Hasher("ab").add(std::string_view("c")).digest());
  EXPECT_EQ(Hasher("a").add(std::uint64_t{5}).digest(), Hasher("a").add(std::uint64_t{5}).digest());
}

TEST(Sortition, CommitteesAreSetsAndEverybodySitsEquallyOften) {
  const Sortition sortition(1, 0, 20);
  constexpr int tasks = 4000;
  std::vector<int> sat(20, 0);
  for (std::uint64_t task = 0; task < tasks; ++task) {
    const auto members = sortition.committee(task, 5);
    EXPECT_EQ(std::set<NodeId>(members.begin(), members.end()).size(), 5u);
    for (NodeId n : members) ++sat[n.index()];
  }
  double chi2 = 0;
  for (int n : sat) chi2 += std::pow(n - tasks / 4.0, 2) / (tasks / 4.0 * 0.75);
  EXPECT_LT(chi2, 45) << "19 degrees of freedom";
  EXPECT_NE(sortition.committee(1, 5), Sortition(1, 1, 20).committee(1, 5)) << "another epoch";
  EXPECT_EQ(sortition.committee(1, 5), Sortition(1, 0, 20).committee(1, 5));
  EXPECT_THROW(sortition.committee(0, 21), ContractError);
}

TEST(Sortition, AnOrderOfSomeIsTheOrderOfAllWithoutTheOthers) {
  const Sortition sortition(1, 0, 20);
  const std::vector<NodeId> all = sortition.committee(7, 20);
  const std::vector<NodeId> some = sortition.order(7, {NodeId(3), NodeId(11), NodeId(4), NodeId(19)});
  ASSERT_EQ(some.size(), 4U);
  auto at = all.begin();
  for (const NodeId node : some) {
    at = std::find(at, all.end(), node);
    ASSERT_NE(at, all.end()) << node.index();
  }
  EXPECT_TRUE(sortition.order(7, {}).empty());
}

TEST(Sortition, SeatsFollowStake) {
  const Sortition sortition(2, 0, 4);
  std::vector<int> held(4, 0);
  for (std::uint64_t task = 0; task < 2000; ++task) {
    for (NodeId n : sortition.seats(task, 10, {1, 0, 3, 6})) ++held[n.index()];
  }
  EXPECT_EQ(held[1], 0);
  EXPECT_NEAR(held[0], 2000, 150);
  EXPECT_NEAR(held[2], 6000, 230);
  EXPECT_NEAR(held[3], 12000, 250);
}

}  // namespace
}  // namespace orrery::sim::ledger
