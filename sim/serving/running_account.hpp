// What the chain thinks of nodes while the run goes on, for incentive policies that say how often to look at whom:
// their stakes and standings, settled by the policy at every epoch from the claims that are over by then and what
// audits said of them.
//
// It is kept by the auditor, who is told of served requests and hears votes. The account after the run (settlement.cpp)
// pays; it also knows requests that failed, who fell silent, and who was on line, and its blocks can be full. So the
// two can differ by what nobody claims, and by an epoch.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/incentive/policy.hpp"
#include "sim/ledger/params.hpp"
#include "sim/serving/audit_case.hpp"
#include "sim/serving/session.hpp"

namespace orrery::sim::serving {

class RunningAccount {
 public:
  // The policy and the parameters outlive it.
  RunningAccount(const incentive::IncentivePolicy& policy, const ledger::LedgerParams& ledger, std::uint32_t nodes,
                 std::uint32_t clients, std::uint64_t seed);

  // Of a claim that is worth so much if it is believed.
  incentive::Claimant claimant(NodeId node, double reward_coins) const;
  // An audit has ended, with a verdict or without; `device_price` is for an hour of a device [coin].
  void audit_over(const AuditCase& audit, double device_price);
  // All audits of a request have.
  void claim_over(const ClaimBody& whole);
  // A node begins anew: with a newcomer's standing, and a new deposit. What audits still say of claims that came in
  // before is said of a name that is gone.
  void new_name(NodeId node, Time now);
  // Settles what is over, if an epoch has passed since the last time.
  void close_block(Time now);

 private:
  struct Over {
    ClaimBody whole;
    std::vector<Audited> audits;
  };
  void add(incentive::Epoch& epoch, const Over& over) const;

  const incentive::IncentivePolicy& policy_;
  const ledger::LedgerParams& ledger_;
  std::vector<MicroCoins> stakes_;                          // by node
  std::vector<Time> named_;                                 // likewise: when it took its present name
  incentive::State state_;                                  // likewise
  std::map<std::uint32_t, std::vector<Audited>> verdicts_;  // of requests whose audits are not over yet
  std::map<std::uint32_t, Over> over_;                      // requests to be settled
  MicroCoins pool_ = 0, supply_ = 0;
  Time settled_;
  Draw draw_;
};

}  // namespace orrery::sim::serving
