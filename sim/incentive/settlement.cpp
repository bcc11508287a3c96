// What every settlement must hold, and how amounts are divided without losing a coin.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {

State known(State state, const Epoch& epoch, const IncentivePolicy& policy) {
  EXPECT(state.nodes.size() <= epoch.accounts.size());
  state.nodes.resize(epoch.accounts.size(), policy.newcomer());
  return state;
}

void check_stake(const Epoch& epoch, const IncentivePolicy& policy) {
  if (!policy.weighs_stake()) return;
  const auto staked = [](const Account& account) { return account.stake > 0; };
  if (std::none_of(epoch.accounts.begin(), epoch.accounts.end(), staked))
    throw RunError("the incentive policy weighs stake, and no node has any left");
}

Settlement nothing(const Epoch& epoch, const State& state) {
  Settlement s;
  s.pay.assign(epoch.accounts.size(), 0);
  s.slash.assign(epoch.accounts.size(), 0);
  s.next = state;
  return s;
}

MicroCoins checked_pool(const Epoch& epoch, const Settlement& s) {
  const std::size_t nodes = epoch.accounts.size();
  if (s.pay.size() != nodes || s.slash.size() != nodes || s.next.nodes.size() != nodes) {
    throw RunError("the incentive policy did not settle every account");
  }
  if (s.minted < 0 || s.burned < 0) throw RunError("the incentive policy mints or burns a negative amount");
  MicroCoins left = epoch.pool + epoch.fees + s.minted - s.burned;
  for (std::size_t i = 0; i < nodes; ++i) {
    if (s.pay[i] < 0 || s.slash[i] < 0) throw RunError("the incentive policy pays or slashes a negative amount");
    if (s.slash[i] > epoch.accounts[i].stake) throw RunError("the incentive policy slashes more than a node's stake");
    left += s.slash[i] - s.pay[i];
  }
  if (left < 0) throw RunError("the incentive policy pays out more coins than came in");
  return left;
}

std::vector<MicroCoins> split(MicroCoins amount, const std::vector<double>& weights) {
  EXPECT(amount >= 0);
  std::vector<MicroCoins> parts(weights.size(), 0);
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(total > 0) || amount == 0) return parts;
  std::vector<double> fraction(weights.size());
  MicroCoins given = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT(weights[i] >= 0);
    const double share = static_cast<double>(amount) * (weights[i] / total);
    parts[i] = static_cast<MicroCoins>(std::floor(share));
    fraction[i] = share - std::floor(share);
    given += parts[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&fraction](std::size_t a, std::size_t b) { return fraction[a] > fraction[b]; });
  // Rounding of the shares can leave a few millionths too many or too few.
  for (std::size_t k = 0; given < amount; k = (k + 1) % order.size()) {
    if (!(weights[order[k]] > 0)) continue;
    ++parts[order[k]];
    ++given;
  }
  for (std::size_t k = order.size(); given > amount;) {
    k = k == 0 ? order.size() - 1 : k - 1;
    if (parts[order[k]] == 0) continue;
    --parts[order[k]];
    --given;
  }
  return parts;
}

}  // namespace orrery::sim::incentive
