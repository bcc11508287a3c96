// What nodes are paid for a run.
#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {

std::vector<Metric> settle(const Cast& cast, Time end) {
  incentive::Epoch epoch;
  for (const auto& node : cast.nodes()) {
    incentive::Account account;
    account.node = node->node();
    account.block_tokens = node->block_tokens();
    account.uptime_s = node->online_s(end);
    epoch.accounts.push_back(account);
  }
  epoch.seconds = end.seconds();
  const incentive::IncentivePolicy& policy = *cast.scenario().incentive.policy;
  Draw draw(static_cast<std::uint64_t>(cast.scenario().experiment.seed), Stream::incentive, 0);
  const auto settlement = policy.settle(epoch, incentive::known({}, epoch, policy), draw);
  incentive::checked_pool(epoch, settlement);
  MicroCoins paid = 0, slashed = 0;
  for (const MicroCoins amount : settlement.pay) paid += amount;
  for (const MicroCoins amount : settlement.slash) slashed += amount;
  return {{"coins_paid", "coin", "paid to nodes", coins(paid)},
          {"coins_slashed", "coin", "taken from nodes' stakes", coins(slashed)}};
}

}  // namespace orrery::sim::serving
