// Incentives: from verdicts, work and uptime to coins and reputation. Settlement happens per epoch and is a pure
// function of what happened in it and of what the policy chose to remember.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/config/registry.hpp"
#include "sim/incentive/epoch.hpp"
#include "sim/random.hpp"

namespace orrery::sim::incentive {

using config::About;
using config::Fields;

// What a policy remembers of a node between epochs. It alone gives `evidence` its meaning; `reputation` is larger for a
// node that it thinks better of.
struct Standing {
  double reputation = 1;
  double evidence = 0;
};

struct State {
  std::vector<Standing> nodes;  // parallel to Epoch::accounts
  std::vector<double> shared;   // whatever belongs to no single node; empty at the start
};

struct Settlement {
  std::vector<MicroCoins> pay;    // to the wallet of each account, >= 0
  std::vector<MicroCoins> slash;  // from the stake of each account, 0 to its stake
  MicroCoins minted = 0;          // new coins
  MicroCoins burned = 0;          // coins destroyed
  State next;
};

// Before an epoch's audits are drawn.
struct Claimant {
  MicroCoins reward = 0;  // for the claim, if it is believed
  MicroCoins stake = 0;
  Standing standing;
};

// What a game records only where it is told to: Epoch::scores with game.evaluators, Epoch::contributions with
// game.replicas.
enum class OnDemand : std::uint8_t { nothing, scores, contributions };

class IncentivePolicy {
 public:
  virtual ~IncentivePolicy() = default;
  virtual Standing newcomer() const { return {}; }
  // `state.nodes` has one standing for each account. pool + fees + minted + slashed >= paid + burned: what is left over
  // stays in the pool, so that coins are conserved.
  virtual Settlement settle(const Epoch& epoch, const State& state, Draw& draw) const = 0;
  // With which probability a claim should be audited; nothing: that is left to the verification policy.
  virtual std::optional<double> audit_rate(const Claimant&) const { return std::nullopt; }
  // Does it divide by stake, so that nothing comes out where nobody has any?
  virtual bool weighs_stake() const { return false; }
  // What it goes by besides work, time on line, deposits and audits, in words; empty: nothing. Only a game records such
  // things: requests that are served are not replicated, nobody scores them, and no node asks a price.
  virtual std::string_view reads_beyond_audits() const { return {}; }
  // Without which of a game's records it would pay nobody, or not by its rule.
  virtual OnDemand needs_in_game() const { return OnDemand::nothing; }
  // How often a node is asked, in proportion to this. What a router may take into account.
  virtual double preference(const Standing&) const { return 1; }
};

// `state` with a newcomer's standing for every account that it does not know yet.
State known(State state, const Epoch& epoch, const IncentivePolicy& policy);

// RunError where the policy weighs stake and nobody has any left.
void check_stake(const Epoch& epoch, const IncentivePolicy& policy);

// RunError where a settlement does not fit its epoch, pays or slashes negative amounts, slashes more than a stake, or
// spends coins that are not there. Returns what stays in the pool.
MicroCoins checked_pool(const Epoch& epoch, const Settlement& settlement);

// A settlement of the right size that pays nothing and remembers `state`.
Settlement nothing(const Epoch& epoch, const State& state);

// Splits `amount` in proportion to `weights` (>= 0), to the last millionth: the remainder goes to the largest
// fractions, ties to the first. All zero where no weight is positive.
std::vector<MicroCoins> split(MicroCoins amount, const std::vector<double>& weights);

// What each leg of the epoch would earn if a request's fee went to those who did its work, in proportion to
// blocks x tokens; timed-out legs earn nothing. Parallel to Epoch::legs.
std::vector<MicroCoins> leg_fees(const Epoch& epoch);

// What audits, all of the epoch's or a selection, say of each leg; a rejection outweighs an acceptance. Parallel to
// Epoch::legs.
std::vector<Verdict> leg_verdicts(const Epoch& epoch, std::span<const Audit> audits);
inline std::vector<Verdict> leg_verdicts(const Epoch& epoch) { return leg_verdicts(epoch, epoch.audits); }

}  // namespace orrery::sim::incentive
