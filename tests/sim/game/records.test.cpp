// What a game writes down for the incentive policy, and that it is what the policy goes by.
#include <gmock/gmock.h>

#include "tests/sim/game/parts.hpp"

namespace orrery::sim::game {
namespace {

using incentive::IncentivePolicy;
using incentive::OnDemand;
using incentive::Verdict;

GameParams honest() {
  GameParams p;
  p.nodes = 40, p.jobs = 2000, p.epoch_jobs = 400;
  p.cheaters = 0;
  return p;
}

std::string complaint(const GameParams& p, const IncentivePolicy& policy) {
  const auto stay = tests::strategy_of("policy = \"fixed\"");
  try {
    const Game game(p, policy, *stay, 3);
  } catch (const InputError& e) {
    return e.what();
  }
  return "(none)";
}

// A new policy is asked too: one that lives on scores or on answers has to say so.
TEST(Records, EveryPolicyPaysForHonestWorkOrSaysWhatIsMissing) {
  const auto& registry = config::Registry<IncentivePolicy>::instance();
  const auto stay = tests::strategy_of("policy = \"fixed\"");
  for (const std::string& name : registry.names()) {
    if (name == "none") continue;  // pays nobody, and says so
    SCOPED_TRACE(name);
    const auto policy = registry.make(name);
    GameParams p = honest();
    switch (policy->needs_in_game()) {
      case OnDemand::nothing:
        break;
      case OnDemand::scores:
        EXPECT_THAT(complaint(p, *policy), testing::StartsWith("game.evaluators: "));
        p.evaluators = 3;
        break;
      case OnDemand::contributions:
        EXPECT_THAT(complaint(p, *policy), testing::StartsWith("game.replicas: "));
        p.replicas = 7;  // so many newcomers are believed by default
        break;
    }
    ASSERT_EQ(complaint(p, *policy), "(none)");
    Game game(p, *policy, *stay, 3);
    game.play();
    EXPECT_GT(game.deeds_of(0).pay, 0);
  }
}

TEST(Records, ATaskHasARightAnswerOfItsOwnAndAccomplicesOneForAll) {
  for (const bool collude : {false, true}) {
    GameParams p = honest();
    p.replicas = 5, p.cheaters = 0.5, p.collude = collude;
    const auto poco = tests::incentive_of("policy = \"poco\"");
    const auto stay = tests::strategy_of("policy = \"fixed\"");
    Game game(p, *poco, *stay, 3);
    int pairs = 0;
    game.on_epoch([&](const incentive::Epoch& epoch) {
      const auto cheats = [&](NodeId node) { return game.players()[node.index()].action > 0; };
      const auto& all = epoch.contributions;
      for (std::size_t k = 0; k + 1 < all.size(); ++k, ++pairs) {
        const incentive::Contribution &a = all[k], &b = all[k + 1];
        const bool both_honest = !cheats(a.worker) && !cheats(b.worker),
                   both_cheat = cheats(a.worker) && cheats(b.worker);
        const bool alike = both_honest ? a.task == b.task : both_cheat && (collude || a.worker == b.worker);
        EXPECT_EQ(a.digest == b.digest, alike);
      }
    });
    game.play();
    EXPECT_GT(pairs, 9000);
  }
}

// As in a run that serves requests.
TEST(Records, HalfOfACommitteeIsNoMajority) {
  GameParams p = honest();
  p.audit_rate = 1, p.fpr = 0.5;
  const auto volume = tests::incentive_of("policy = \"volume\"");
  const auto stay = tests::strategy_of("policy = \"fixed\"");
  for (const std::int64_t auditors : {1, 2, 3, 4}) {
    p.auditors = auditors;
    Game game(p, *volume, *stay, 3);
    double ties = 0, rejected = 0, all = 0;
    game.on_epoch([&](const incentive::Epoch& epoch) {
      for (const incentive::Audit& audit : epoch.audits) {
        std::int64_t against = 0;
        for (std::uint32_t v = 0; v < audit.vote_count; ++v)
          against += epoch.votes[audit.first_vote + v].said == Verdict::rejected;
        EXPECT_EQ(audit.verdict == Verdict::rejected, against > auditors - against);
        ties += 2 * against == auditors, rejected += audit.verdict == Verdict::rejected, all += 1;
      }
    });
    game.play();
    EXPECT_EQ(ties > 0, auditors % 2 == 0);
    // Of fair coins, more heads than tails.
    EXPECT_NEAR(rejected / all, auditors == 2 ? 0.25 : auditors == 4 ? 0.3125 : 0.5, 0.05);
  }
}

}  // namespace
}  // namespace orrery::sim::game
