// What nodes are paid for a run.
#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {

std::vector<Metric> settle(const Cast& cast, Time end) {
  std::vector<incentive::Account> accounts;
  for (const auto& node : cast.nodes()) {
    incentive::Account account;
    account.node = node->node();
    account.block_tokens = node->block_tokens();
    account.uptime_s = node->online_s(end);
    accounts.push_back(account);
  }
  constexpr incentive::MicroCoins fees = 0;
  Draw draw(static_cast<std::uint64_t>(cast.scenario().experiment.seed), Stream::incentive, 0);
  incentive::MicroCoins paid = 0, taken = 0;
  const auto amounts = cast.scenario().incentive.policy->settle(accounts, fees, draw);
  if (amounts.size() != accounts.size()) throw RunError("the incentive policy did not settle every account");
  for (const incentive::MicroCoins amount : amounts) (amount > 0 ? paid : taken) += amount;
  if (paid > fees - taken) throw RunError("the incentive policy pays out more coins than came in");
  return {{"coins_paid", "coin", "paid to nodes", 1e-6 * static_cast<double>(paid)},
          {"coins_slashed", "coin", "taken from nodes' stakes", 1e-6 * static_cast<double>(-taken)}};
}

}  // namespace orrery::sim::serving
