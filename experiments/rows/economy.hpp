// A claim's economy, played: who earns what where so many claims are audited by a detector that errs.
#pragma once

#include <cstdint>

namespace orrery::experiments::rows {

// Coins for a claim; rates of the detector.
struct Economy {
  double reward = 1.2, cost = 1, saving = 1, tpr = 0.95, fpr = 0.01, slash = 20;
  std::int64_t jobs = 600'000;
};

struct Profits {
  double honest = 0, gap = 0;  // coin a claim: of honest nodes, and how much more than cheaters' that is
};

// Profit for a claim of nodes that never change, in a game under the policy posp with its validators unpaid.
Profits play(const Economy& economy, double audit_rate, double cheaters, std::uint64_t seed);

// Half width of the 95 % interval of the audit rate at which the gap closes, found between two games in which half of
// the nodes cheat: how many of each kind of nodes were rejected is binomial.
double boundary_error(const Economy& economy, double audit_rate);

}  // namespace orrery::experiments::rows
