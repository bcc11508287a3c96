// How each way of learning moves a population, in games whose payoffs are known.
#include <cmath>

#include "tests/sim/game/parts.hpp"

namespace orrery::sim::game {
namespace {

// Honest claims earn 0.2, cheated ones 1.2 less what audits take: with R + S = 20 an audit rate above 1/16 deters.
GameParams economy() {
  GameParams p;
  p.tpr = 0.9, p.fpr = 0.1;
  p.nodes = 200, p.epoch_jobs = 4000, p.jobs = 4000;
  return p;
}
std::string audited(double rate) {
  return "policy = \"posp\"\nslash = 18.8\nvalidator_reward = 0.0\nchallenge_tax = 0.0\nchallenge_rate = " +
         config::write_real(rate);
}

double cheating(const Game& game) {
  double cheaters = 0;
  for (const Player& player : game.players()) cheaters += player.action > 0;
  return cheaters / static_cast<double>(game.players().size());
}

double cheating_after(const GameParams& p, const std::string& incentive_lines, const std::string& strategy_lines) {
  const auto incentive = tests::incentive_of(incentive_lines);
  const auto strategy = tests::strategy_of(strategy_lines);
  Game game(p, *incentive, *strategy, 7);
  game.play();
  return cheating(game);
}

TEST(Strategies, WhoIsFixedStaysWhateverPays) {
  GameParams p = economy();
  p.jobs = 5 * p.epoch_jobs;
  p.cheaters = 0.25;
  EXPECT_NEAR(cheating_after(p, "policy = \"volume\"", "policy = \"fixed\""), 0.25, 0.01);
}

TEST(Strategies, BestResponseGoesToWhatPaysInOneEpoch) {
  const std::string at_once = "policy = \"best_response\"\nrevision = 1.0\ntremble = 0.0";
  EXPECT_EQ(cheating_after(economy(), audited(0.12), at_once), 0) << "0.12 x 0.8 x 20 > 1";
  EXPECT_EQ(cheating_after(economy(), audited(0.03), at_once), 1) << "0.03 x 0.8 x 20 < 1";
}

TEST(Strategies, BestResponseRevisesAndTremblesAsOftenAsItSays) {
  GameParams p = economy();
  p.nodes = 2000, p.epoch_jobs = p.jobs = 20'000;
  const auto after = [&](const char* revision, const char* tremble) {
    return cheating_after(p, audited(0.12),
                          std::string("policy = \"best_response\"\nrevision = ") + revision + "\ntremble = " + tremble);
  };
  EXPECT_NEAR(after("0.1", "0.0"), 0.45, 0.02) << "a tenth of the half that cheats turns";
  EXPECT_NEAR(after("1.0", "1.0"), 0.5, 0.04);
  EXPECT_NEAR(after("1.0", "0.2"), 0.1, 0.03) << "half of those who tremble";
}

TEST(Strategies, BestResponseFindsWhatNobodyDoesOnlyByTrembling) {
  GameParams p = economy();
  p.cheaters = 0;
  p.jobs = 20 * p.epoch_jobs;
  const std::string free = "policy = \"volume\"";
  EXPECT_EQ(cheating_after(p, free, "policy = \"best_response\"\nrevision = 1.0\ntremble = 0.0"), 0);
  EXPECT_GT(cheating_after(p, free, "policy = \"best_response\"\nrevision = 1.0\ntremble = 0.01"), 0.95);
}

// The share that cheats moves by rate x gap x share x (1 - share) an epoch, the gap being what that epoch paid.
TEST(Strategies, ReplicatorFollowsItsEquationUpAndDown) {
  GameParams p = economy();
  p.nodes = 2000, p.epoch_jobs = 20'000;
  p.jobs = 12 * p.epoch_jobs;
  const auto replicator = tests::strategy_of("policy = \"replicator\"\nrate = 0.4\nmutation = 0.0");
  for (const bool up : {true, false}) {
    SCOPED_TRACE(up ? "cheating pays" : "honesty pays");
    p.cheaters = up ? 0.1 : 0.9;
    const auto incentive = tests::incentive_of(up ? "policy = \"volume\"" : audited(0.15));
    Game game(p, *incentive, *replicator, 7);
    game.play();
    const RunResult result = game.result();
    const std::vector<double> share = tests::series(result, "cheater_share");
    const std::vector<double> honest = tests::series(result, "profit_honest");
    const std::vector<double> cheat = tests::series(result, "profit_cheat");
    ASSERT_EQ(share.size(), 12u);
    for (std::size_t t = 0; t + 1 < share.size(); ++t) {
      const double moved = 0.4 * (cheat[t] - honest[t]) * share[t] * (1 - share[t]);
      const double noise = std::sqrt(std::fabs(moved) / static_cast<double>(p.nodes));
      EXPECT_NEAR(share[t + 1] - share[t], moved, 4 * noise);
      EXPECT_EQ(share[t + 1] > share[t], up) << share[t];
    }
    EXPECT_EQ(share.back() > 0.5, up);
  }
}

TEST(Strategies, ReplicatorCannotCopyWhatNobodyDoesAndMutationBringsItBack) {
  GameParams p = economy();
  p.cheaters = 0;
  p.jobs = 40 * p.epoch_jobs;
  const std::string free = "policy = \"volume\"";
  EXPECT_EQ(cheating_after(p, free, "policy = \"replicator\"\nrate = 0.5\nmutation = 0.0"), 0);
  EXPECT_GT(cheating_after(p, free, "policy = \"replicator\"\nrate = 0.5\nmutation = 0.01"), 0.9);
}

// Half of what is tried at random is the better action again.
TEST(Strategies, EpsilonGreedyLearnsTheBetterActionAndExploresItsShare) {
  GameParams p = economy();
  p.nodes = 500, p.epoch_jobs = 5000;
  p.tpr = 1, p.fpr = 0;
  p.jobs = 100 * p.epoch_jobs;
  const auto greedy = tests::strategy_of("policy = \"epsilon_greedy\"\nepsilon = 0.2\nstep = 1.0");
  for (const bool free : {true, false}) {
    SCOPED_TRACE(free ? "cheating pays" : "honesty pays");
    const auto incentive = tests::incentive_of(free ? "policy = \"volume\"" : audited(0.5));
    Game game(p, *incentive, *greedy, 7);
    game.play();
    EXPECT_NEAR(tests::metric(game.result(), "cheater_share_late"), free ? 0.9 : 0.1, 0.006);
  }
}

TEST(Strategies, EpsilonGreedyMovesItsEstimateByItsStep) {
  GameParams p = economy();
  p.cheaters = 0;
  p.jobs = 5 * p.epoch_jobs;
  const auto volume = tests::incentive_of("policy = \"volume\"");
  const auto greedy = tests::strategy_of("policy = \"epsilon_greedy\"\nepsilon = 0.0\nstep = 0.1");
  Game game(p, *volume, *greedy, 7);
  game.play();
  for (const Player& player : game.players()) {
    EXPECT_NEAR(player.estimate[0], 0.2 * (1 - std::pow(0.9, 5)), 1e-6);
    EXPECT_EQ(player.estimate[1], 0) << "never tried";
  }
}

}  // namespace
}  // namespace orrery::sim::game
