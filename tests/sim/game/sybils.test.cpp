// One machine under several names.
#include <cmath>

#include <gmock/gmock.h>

#include "tests/sim/game/parts.hpp"

namespace orrery::sim::game {
namespace {

using tests::metric;

GameParams splitting(std::int64_t names) {
  GameParams p;
  p.nodes = 50, p.jobs = 40'000, p.epoch_jobs = 4000;
  p.cheaters = 0, p.fpr = 0;
  p.cost = 0, p.saving = 0;
  p.splitters = 0.5, p.identities = names;
  return p;
}

RunResult played(const GameParams& p, const std::string& lines) {
  const auto incentive = tests::incentive_of(lines);
  const auto stay = tests::strategy_of("policy = \"fixed\"");
  Game game(p, *incentive, *stay, 11);
  game.play();
  return game.result();
}

TEST(Sybils, AMachineIsDividedAndADepositIsNot) {
  GameParams p = splitting(4);
  p.size_sigma = 1;
  p.cheaters = 0.3;
  const auto volume = tests::incentive_of("policy = \"volume\"");
  const auto stay = tests::strategy_of("policy = \"fixed\"");
  const Game game(p, *volume, *stay, 11);
  p.splitters = 0, p.identities = 1;
  const Game whole(p, *volume, *stay, 11);
  EXPECT_EQ(whole.players().size(), 50u);
  std::vector<double> size(50, 0), names(50, 0);
  double splitters = 0;
  for (const Player& player : game.players()) {
    size[player.owner] += player.size;
    names[player.owner] += 1;
    EXPECT_EQ(player.action, whole.players()[player.owner].action);
    EXPECT_EQ(game.ledger().deposit(player.wallet), micro_coins(p.deposit));
  }
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_NEAR(size[i], whole.players()[i].size, 1e-12);
    EXPECT_EQ(names[i], game.players()[i].splits ? 4 : 1);
    EXPECT_EQ(game.players()[i].owner, i);
    splitters += game.players()[i].splits;
  }
  EXPECT_NEAR(splitters, 25, 1);
  EXPECT_EQ(static_cast<double>(game.players().size()), 50 + 3 * splitters);
}

TEST(Sybils, PayForWorkDoesNotCareForNames) {
  const RunResult result = played(splitting(4), "policy = \"volume\"");
  EXPECT_NEAR(metric(result, "sybil_gain"), 1, 0.02);
  EXPECT_EQ(metric(result, "sybil_capital"), 4);
  const double of_one = 1.2 * 40'000 / 50;
  EXPECT_NEAR(metric(result, "sybil_break_even"), 0, 0.02 * of_one);
}

// Nobody pays for work: all there is to earn are new coins, which go to deposits.
TEST(Sybils, PayForDepositsMultipliesWithThem) {
  GameParams p = splitting(4);
  p.fee = 0;
  const RunResult result = played(p, "policy = \"livepeer\"");
  EXPECT_NEAR(metric(result, "sybil_gain"), 4, 1e-5);
  EXPECT_EQ(metric(result, "sybil_capital"), 4);
  EXPECT_NEAR(metric(result, "sybil_break_even"), 2000 * metric(result, "roi_honest"), 1e-3) << "what a deposit earns";
}

// Everybody covers the one block: by Shapley's value each name is worth the same.
TEST(Sybils, PayForBeingThereMultipliesWithNames) {
  EXPECT_NEAR(metric(played(splitting(4), "policy = \"shapley\"\npermutations = 1000"), "sybil_gain"), 4, 0.25);
}

TEST(Sybils, StandingThatGrowsWithWorkGrowsSlowerForEachName) {
  GameParams p = splitting(4);
  p.replicas = 3;
  EXPECT_LT(metric(played(p, "policy = \"poco\"\ntrust = 5.0"), "sybil_gain"), 0.5);
}

TEST(Sybils, OneNameEachIsTheSameGame) {
  GameParams p = splitting(1);
  p.cheaters = 0.4, p.size_sigma = 0.5;
  const RunResult control = played(p, "policy = \"posp\"");
  p.splitters = 0;
  const RunResult plain = played(p, "policy = \"posp\"");
  ASSERT_EQ(control.metrics.size(), plain.metrics.size());
  for (std::size_t i = 0; i < plain.metrics.size(); ++i) {
    const Metric &a = control.metrics[i], &b = plain.metrics[i];
    if (a.name.starts_with("sybil_")) {
      EXPECT_TRUE(std::isnan(b.value)) << "nobody is one of them: " << b.name;
      EXPECT_EQ(std::isnan(a.value), a.name == "sybil_break_even") << "no name is a further one: " << a.name;
    } else {
      EXPECT_TRUE(a.value == b.value || (std::isnan(a.value) && std::isnan(b.value))) << a.name;
    }
  }
}

TEST(Sybils, WhatALossIsMultipliedByIsNoGain) {
  GameParams p = splitting(2);
  p.cost = 2;
  EXPECT_TRUE(std::isnan(metric(played(p, "policy = \"volume\""), "sybil_gain")));
}

TEST(Sybils, ContradictionsAreRefused) {
  const auto complaint = [](const GameParams& p) -> std::string {
    try {
      validate(p);
    } catch (const InputError& e) {
      return e.what();
    }
    return "(none)";
  };
  EXPECT_EQ(complaint(splitting(8)), "(none)");
  EXPECT_EQ(complaint(splitting(1)), "(none)") << "the control of a sweep over names";
  GameParams p = splitting(8);
  p.splitters = 0;
  EXPECT_THAT(complaint(p), testing::AllOf(testing::HasSubstr("game.identities"), testing::HasSubstr("no effect")));
  p = splitting(1000);
  p.nodes = 1'000'000;
  EXPECT_THAT(complaint(p), testing::HasSubstr("too many names"));
}

}  // namespace
}  // namespace orrery::sim::game
