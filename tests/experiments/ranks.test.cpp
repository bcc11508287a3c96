#include "experiments/ranks.hpp"

#include <gtest/gtest.h>

#include "tests/experiments/scratch.hpp"

namespace orrery::experiments {
namespace {

using tests::message_of;

const Ranks& ranks() {
  static const Ranks all(orrery::tests::communicator());
  return all;
}

TEST(Ranks, TheRootsTextReachesAll) {
  int calls = 0;
  const std::string text = ranks().on_root([&] {
    ++calls;
    return std::string("héllo\n");
  });
  EXPECT_EQ(text, "héllo\n");
  EXPECT_EQ(calls, ranks().speaks() ? 1 : 0);
  EXPECT_EQ(ranks().on_root([] { return std::string(); }), "");
}

TEST(Ranks, TheRootsErrorIsThrownOnAll) {
  EXPECT_EQ(message_of([] { ranks().on_root([]() -> std::string { throw InputError("s.toml:1:1: no"); }); }),
            "s.toml:1:1: no");
}

TEST(Ranks, TheWorstOutcomeIsEverybodys) {
  EXPECT_EQ(ranks().settle({0, ""}).code, 0);
  const int last = ranks().size() - 1;
  const Ranks::Outcome one = ranks().settle(ranks().rank() == last ? Ranks::Outcome{1, "broke"} : Ranks::Outcome{});
  EXPECT_EQ(one.code, 1);
  EXPECT_EQ(one.message, "broke");
  const Ranks::Outcome all = ranks().settle({2, "rank " + std::to_string(ranks().rank())});
  EXPECT_EQ(all.code, 2);
  EXPECT_EQ(all.message, "rank 0") << "among equals, the lowest rank speaks";
}

TEST(Ranks, WithoutMpiThereIsOne) {
  const Ranks alone(MPI_COMM_NULL);
  EXPECT_EQ(alone.size(), 1);
  EXPECT_TRUE(alone.speaks());
  EXPECT_EQ(alone.on_root([] { return std::string("x"); }), "x");
  EXPECT_EQ(alone.settle({1, "m"}).message, "m");
}

}  // namespace
}  // namespace orrery::experiments
