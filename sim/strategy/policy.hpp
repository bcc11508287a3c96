// Strategies: how a node chooses what to do next from what it earned. Actions are numbered; 0 is honest work, the
// others are the cheats that the game offers.
#pragma once

#include <span>
#include <vector>

#include "sim/config/registry.hpp"
#include "sim/random.hpp"

namespace orrery::sim::strategy {

using config::About;
using config::Fields;

// What a node knows at the end of an epoch. Payoffs are coins for a claim: pay less slashes less the cost of what it
// did.
struct Outlook {
  int action = 0;
  double payoff = 0;
  int peer_action = 0;                 // of another node, drawn at random
  std::span<const double> population;  // mean payoff of each action in this epoch; NaN where nobody took it
  std::span<double> estimate;          // the node's own memory, one number an action, zero at the start
};

class StrategyPolicy {
 public:
  virtual ~StrategyPolicy() = default;
  // The action for the next epoch.
  virtual int next(const Outlook& outlook, Draw& draw) const = 0;
};

}  // namespace orrery::sim::strategy
