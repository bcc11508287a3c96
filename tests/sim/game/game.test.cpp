#include <cmath>

#include "tests/sim/game/parts.hpp"

namespace orrery::sim::game {
namespace {

using tests::metric;

std::unique_ptr<strategy::StrategyPolicy> strategy(const std::string& name) {
  return config::Registry<strategy::StrategyPolicy>::instance().make(name);
}

GameParams small() {
  GameParams p;
  p.jobs = 4000;
  p.epoch_jobs = 200;
  p.nodes = 40;
  return p;
}

TEST(Game, WhereAllStakeIsGoneThereIsNothingToWeigh) {
  GameParams p = small();
  p.cheaters = 1;
  p.audit_rate = 1;
  p.rebond = false;
  p.deposit = 1e-6;  // one slash takes it
  const auto livepeer = tests::incentive_of("policy = \"livepeer\"\nverification_rate = 1.0\nfailed_slash = 1.0");
  const auto fixed = strategy("fixed");
  Game game(p, *livepeer, *fixed, 1);
  EXPECT_THROW(game.play(), RunError);
}

TEST(Game, EveryIncentivePolicyCanBePlayedAndLosesNoCoin) {
  for (const auto& [name, record] : config::Registry<incentive::IncentivePolicy>::instance().records()) {
    SCOPED_TRACE(name);
    GameParams p = small();
    p.evaluators = 5;
    p.failure_rate = 0.05;
    p.forced_error_rate = 0.02;
    p.more_cheats = {{.name = "int4", .saving = 0.3, .tpr = 0.6, .quality = 0.8, .share = 0.2}};
    const auto incentive = config::Registry<incentive::IncentivePolicy>::instance().make(name);
    const auto learners = strategy("epsilon_greedy");
    const bool by_answers = incentive->needs_in_game() == incentive::OnDemand::contributions;
    for (const int replicas : {1, 3}) {
      if (replicas == 1 && by_answers) continue;
      p.replicas = replicas;
      Game game(p, *incentive, *learners, 5);
      ASSERT_NO_THROW(game.play());
      EXPECT_EQ(metric(game.result(), "jobs"), 4000);
      EXPECT_EQ(metric(game.result(), "claims"), 4000 * replicas);
    }
  }
}

TEST(Game, SameSeedSameGameAnotherSeedAnother) {
  const auto incentive = tests::incentive_of("policy = \"posp\"");
  const auto learners = strategy("replicator");
  const auto play = [&](std::uint64_t seed) {
    Game game(small(), *incentive, *learners, seed);
    game.play();
    return game.result();
  };
  const RunResult a = play(1), b = play(1), c = play(2);
  for (std::size_t i = 0; i < a.metrics.size(); ++i) {
    EXPECT_TRUE(a.metrics[i].value == b.metrics[i].value || std::isnan(a.metrics[i].value)) << a.metrics[i].name;
  }
  EXPECT_NE(metric(a, "profit_gap"), metric(c, "profit_gap"));
}

TEST(Game, UnderVolumePayCheatingWinsAndUnderEnoughAuditsItDies) {
  const auto learners = strategy("replicator");
  const auto end = [&](const std::string& lines) {
    GameParams p = small();
    p.jobs = 60'000;
    p.deposit = 4000;
    const auto incentive = tests::incentive_of(lines);
    Game game(p, *incentive, *learners, 3);
    game.play();
    return metric(game.result(), "cheater_share");
  };
  EXPECT_GT(end("policy = \"volume\""), 0.9);
  EXPECT_LT(end("policy = \"posp\"\nchallenge_rate = 0.15\nslash = 20\nchallenge_tax = 0"), 0.1);
}

TEST(Game, WithoutRebondingTheSlashedAreAskedNoMore) {
  GameParams p = small();
  p.rebond = false;
  p.deposit = 30;
  p.fpr = 0;
  const auto incentive = tests::incentive_of("policy = \"posp\"\nchallenge_rate = 0.5\nslash = 20\nchallenge_tax = 0");
  const auto stay = strategy("fixed");
  Game game(p, *incentive, *stay, 3);
  game.play();
  for (const Player& player : game.players()) EXPECT_EQ(player.out, player.action > 0);
  EXPECT_EQ(metric(game.result(), "nodes_in"), 20);
}

TEST(Game, ContradictionsAreRefused) {
  const auto with = [](auto change) {
    GameParams p;
    change(p);
    validate(p);
  };
  EXPECT_NO_THROW(with([](GameParams&) {}));
  EXPECT_THROW(with([](GameParams& p) { p.nodes = 3, p.auditors = 3; }), InputError);
  EXPECT_THROW(with([](GameParams& p) { p.nodes = 5, p.replicas = 3, p.auditors = 3; }), InputError);
  EXPECT_NO_THROW(with([](GameParams& p) { p.nodes = 6, p.replicas = 3, p.auditors = 3; }));
  EXPECT_THROW(with([](GameParams& p) { p.more_cheats = {{.share = 0.6}}; }), InputError);
  EXPECT_THROW(with([](GameParams& p) { p.stages = 2, p.replicas = 2; }), InputError);
  EXPECT_THROW(with([](GameParams& p) { p.evaluators = 101; }), InputError);
}

}  // namespace
}  // namespace orrery::sim::game
