#include "sim/incentive/epoch.hpp"

#include <algorithm>

namespace orrery::sim::incentive {

std::size_t Epoch::position(NodeId node) const {
  // Most swarms number their nodes from zero without gaps.
  if (node.index() < accounts.size() && accounts[node.index()].node == node) return node.index();
  const auto at = std::lower_bound(accounts.begin(), accounts.end(), node,
                                   [](const Account& account, NodeId id) { return account.node < id; });
  EXPECT(at != accounts.end() && at->node == node);
  return static_cast<std::size_t>(at - accounts.begin());
}

}  // namespace orrery::sim::incentive
