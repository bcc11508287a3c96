#include "sim/game/params.hpp"

#include <algorithm>

#include "kernels/contract.hpp"
#include "sim/incentive/policy.hpp"

namespace orrery::sim::game {

using config::Fields;

namespace {
constexpr std::int64_t most_nodes = 10'000'000;
constexpr double most_players = static_cast<double>(most_nodes);
}  // namespace

Fields<Cheat> Cheat::fields() {
  using P = Cheat;
  return Fields<P>()
      .text("name", &P::name, "name of the cheat, as metrics call it")
      .real("saving", &P::saving, "coin", "what cheating on a claim saves of its cost", 0, 1e6)
      .real("tpr", &P::tpr, "1", "probability that an audit of the cheat rejects it", 0, 1)
      .real("rate", &P::rate, "1", "share of claims that are cheated on", 0, 1)
      .real("quality", &P::quality, "1", "quality of the output, where honest work has 1", 0, 1)
      .real("share", &P::share, "1", "share of nodes that begin with it", 0, 1);
}

Fields<GameParams> GameParams::fields() {
  using P = GameParams;
  return Fields<P>()
      .integer("jobs", &P::jobs, "jobs", "length of the game; 0: no game, the scenario's requests are served", 0,
               1'000'000'000)
      .integer("epoch_jobs", &P::epoch_jobs, "jobs", "jobs that are settled together", 1, 10'000'000)
      .integer("nodes", &P::nodes, "nodes", "machines that play, each of an owner of its own", 1, most_nodes)
      .integer("stages", &P::stages, "nodes", "nodes in the pipeline of a job, each making one claim", 1, 1000)
      .integer("replicas", &P::replicas, "nodes", "nodes that do the same job; only with one stage", 1, 1000)
      .real("fee", &P::fee, "coin", "what the user pays for each claim", 0, 1e6)
      .real("cost", &P::cost, "coin", "cost of the honest work of a claim", 0, 1e6)
      .real("saving", &P::saving, "coin", "what cheating on a claim saves of its cost", 0, 1e6)
      .real("tpr", &P::tpr, "1", "d: probability that an audit of a cheat rejects it", 0, 1)
      .real("cheat_rate", &P::cheat_rate, "1", "share of a cheater's claims that are cheated on", 0, 1)
      .real("cheat_quality", &P::cheat_quality, "1", "quality of a cheat's output, where honest work has 1", 0, 1)
      .real("cheaters", &P::cheaters, "1", "share of nodes that begin as cheaters", 0, 1)
      .rows("more_cheats", &P::more_cheats, "further cheats: name, saving, tpr, rate, quality, share")
      .real("fpr", &P::fpr, "1", "f: probability that an audit rejects honest work", 0, 1)
      .real("audit_rate", &P::audit_rate, "1", "probability of an audit where the incentive policy has no opinion", 0,
            1)
      .integer("auditors", &P::auditors, "nodes",
               "nodes that look at an audited claim; it is rejected where more than half reject", 1, 1000)
      .real("audit_cost", &P::audit_cost, "coin", "what looking costs an auditor", 0, 1e6)
      .boolean("collude", &P::collude, "cheaters accept each other's claims when they audit, and agree as replicas")
      .real("forced_error_rate", &P::forced_error_rate, "1", "probability that a node is told to err", 0, 1)
      .real("failure_rate", &P::failure_rate, "1", "probability that a node does not answer in time", 0, 0.99)
      .integer("evaluators", &P::evaluators, "nodes", "nodes that score everybody's work each epoch", 0, 10'000)
      .real("score_noise", &P::score_noise, "1", "standard deviation of a score", 0, 10)
      .real("deposit", &P::deposit, "coin", "stake of a node at the start", 0, 1e9)
      .boolean("rebond", &P::rebond, "slashed nodes fill their deposit up; otherwise those with less than half are out")
      .real("size_sigma", &P::size_sigma, "1", "spread of the nodes' sizes: sigma of a lognormal; 0: all alike", 0, 4)
      .real("splitters", &P::splitters, "1", "share of owners that play under several names", 0, 1)
      .integer(
          "identities", &P::identities, "names",
          "names of such an owner, each with its part of the machine and a whole deposit; 1: they are like the others",
          1, 1000)
      .real("epoch_s", &P::epoch_s, "s", "virtual time of an epoch", 0.001, 1e9);
}

std::vector<Cheat> GameParams::cheats() const {
  std::vector<Cheat> all = {
      {.saving = saving, .tpr = tpr, .rate = cheat_rate, .quality = cheat_quality, .share = cheaters}};
  all.insert(all.end(), more_cheats.begin(), more_cheats.end());
  return all;
}

void validate(const GameParams& p) {
  double share = 0;
  for (const Cheat& cheat : p.cheats()) share += cheat.share;
  VALIDATE(share <= 1 + 1e-12, "game.cheaters", "shares of cheaters add up to " + config::write_real(share),
           "they are parts of all nodes", "Lower game.cheaters or the shares in game.more_cheats.");
  VALIDATE(p.replicas == 1 || p.stages == 1, "game.replicas", "replicas of a pipeline are not played",
           "game.stages is " + std::to_string(p.stages), "Set game.stages = 1 or game.replicas = 1.");
  // What a job waits for before it is played (Game::play_job): with fewer nodes none ever would be.
  VALIDATE(std::max(p.stages, p.replicas) + p.auditors <= p.nodes, "game.nodes",
           "a job needs more nodes than there are",
           (p.replicas > 1 ? std::to_string(p.replicas) + " replicas" : std::to_string(p.stages) + " stages") +
               " and " + std::to_string(p.auditors) + " auditors of " + std::to_string(p.nodes) + " nodes",
           "Add nodes, or lower game.stages, game.replicas or game.auditors.");
  VALIDATE(p.identities == 1 || p.splitters > 0, "game.identities", "has no effect",
           "nobody splits: game.splitters is zero",
           "Set game.splitters to the share of owners that do, or leave it out.");
  const double names = static_cast<double>(p.nodes) * (1 + p.splitters * static_cast<double>(p.identities - 1));
  VALIDATE(
      names <= most_players, "game.identities", "there are too many names",
      "about " + config::write_real(names) + " of them play, and at most " + config::write_real(most_players) + " can",
      "Lower game.identities, game.splitters or game.nodes.");
  VALIDATE(p.evaluators <= p.nodes, "game.evaluators", "there are more evaluators than nodes",
           std::to_string(p.evaluators) + " of " + std::to_string(p.nodes), "Lower game.evaluators.");
}

void validate(const GameParams& p, const incentive::IncentivePolicy& policy) {
  using incentive::OnDemand;
  const OnDemand needs = policy.needs_in_game();
  VALIDATE(needs != OnDemand::scores || p.evaluators > 0, "game.evaluators", "nobody scores anybody's work",
           "the incentive policy pays by scores, and there would be none",
           "Set it, or choose another incentive.policy.");
  VALIDATE(needs != OnDemand::contributions || p.replicas > 1, "game.replicas", "there are no answers to compare",
           "the incentive policy pays by how the answers of replicas agree, and each job is done once",
           "Set it to 2 or more, or choose another incentive.policy.");
}

}  // namespace orrery::sim::game
