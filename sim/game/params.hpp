// The [game] section: trust without tokens. Jobs, audits, coins and nodes that learn, with the incentive policies that
// serve real requests, and detectors whose true and false positive rates were measured elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/fields.hpp"

namespace orrery::sim::incentive {
class IncentivePolicy;
}

namespace orrery::sim::game {

// One way to cheat.
struct Cheat {
  std::string name = "cheat";
  double saving = 1;   // of the cost
  double tpr = 0.95;   // probability that an audit finds it
  double rate = 1;     // share of its claims that a cheater cheats on
  double quality = 0;  // of what comes out, where honest work is 1
  double share = 0;    // of all nodes at the start
  static config::Fields<Cheat> fields();
};

struct GameParams {
  std::int64_t jobs = 0;  // 0: no game is played
  std::int64_t epoch_jobs = 1000;
  std::int64_t nodes = 100;
  std::int64_t stages = 1;
  std::int64_t replicas = 1;
  double fee = 1.2;
  double cost = 1;
  double saving = 1, tpr = 0.95, cheat_rate = 1, cheat_quality = 0, cheaters = 0.5;
  std::vector<Cheat> more_cheats;
  double fpr = 0.01;
  double audit_rate = 0.05;
  std::int64_t auditors = 1;
  double audit_cost = 0;
  bool collude = false;
  double forced_error_rate = 0;
  double failure_rate = 0;
  std::int64_t evaluators = 0;
  double score_noise = 0.1;
  double deposit = 2000;
  bool rebond = true;
  double size_sigma = 0;
  double splitters = 0;
  std::int64_t identities = 1;
  double epoch_s = 600;
  static config::Fields<GameParams> fields();
  // The first from the keys above, then the others; nodes that take none of them are honest.
  std::vector<Cheat> cheats() const;
};

// InputError for what contradicts itself.
void validate(const GameParams& params);

// InputError where the game would not record what the policy goes by, so that work went unpaid.
void validate(const GameParams& params, const incentive::IncentivePolicy& policy);

}  // namespace orrery::sim::game
