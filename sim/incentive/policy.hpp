// Incentives: from verdicts, work and uptime to coins and reputation. Settlement happens per epoch and is a pure
// function of what happened in it.
#pragma once

#include <span>
#include <vector>

#include "sim/config/registry.hpp"
#include "sim/id.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace orrery::sim::incentive {

using config::About;
using config::Fields;

// What one node did in an epoch.
struct Account {
  NodeId node;
  double block_tokens = 0;    // work delivered [block x token]
  double uptime_s = 0;        // virtual seconds on line
  std::int64_t accepted = 0;  // claims that an audit accepted
  std::int64_t rejected = 0;  // claims that an audit rejected
  double stake = 0;           // coins locked
};

// Coins in units of 1e-6, so that sums are exact: positive pays the node, negative takes from its stake.
using MicroCoins = std::int64_t;

class IncentivePolicy {
 public:
  virtual ~IncentivePolicy() = default;
  // One amount per account, in order. `fees` is what clients paid into the epoch: the positive amounts never exceed it
  // by more than the negative ones, so that coins are conserved.
  virtual std::vector<MicroCoins> settle(std::span<const Account> accounts, MicroCoins fees, Draw& draw) const = 0;
};

}  // namespace orrery::sim::incentive
