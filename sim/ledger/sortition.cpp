#include "sim/ledger/sortition.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/contract.hpp"

namespace orrery::sim::ledger {

vrf::SecretKey node_key(std::uint64_t seed, NodeId node) {
  return Hasher("node key").add(seed).add(std::uint64_t{node.index()}).digest();
}

Sortition::Sortition(std::uint64_t seed, std::uint64_t epoch, std::uint32_t nodes) {
  const Digest input = Hasher("epoch seed").add(seed).add(epoch).digest();
  for (std::uint32_t n = 0; n < nodes; ++n) {
    const vrf::SecretKey secret = node_key(seed, NodeId(n));
    const auto output = vrf::verify(vrf::public_key(secret), input, vrf::prove(secret, input));
    ENSURE(output.has_value());
    outputs_.push_back(*output);
  }
}

std::uint64_t Sortition::lot(std::size_t node, std::uint64_t task) const {
  return leading_bits(Hasher("lot").add(outputs_[node]).add(task).digest());
}

std::vector<NodeId> Sortition::order(std::uint64_t task, const std::vector<NodeId>& candidates) const {
  std::vector<std::pair<std::uint64_t, NodeId>> lots;
  for (const NodeId node : candidates) {
    EXPECT(node.index() < outputs_.size());
    lots.emplace_back(lot(node.index(), task), node);
  }
  std::sort(lots.begin(), lots.end());
  std::vector<NodeId> order;
  for (const auto& [lot, node] : lots) order.push_back(node);
  return order;
}

std::vector<NodeId> Sortition::committee(std::uint64_t task, std::size_t size) const {
  EXPECT(size <= outputs_.size());
  std::vector<std::pair<std::uint64_t, std::uint32_t>> lots;
  for (std::uint32_t n = 0; n < outputs_.size(); ++n) lots.emplace_back(lot(n, task), n);
  std::partial_sort(lots.begin(), lots.begin() + static_cast<std::ptrdiff_t>(size), lots.end());
  std::vector<NodeId> members;
  for (std::size_t i = 0; i < size; ++i) members.emplace_back(lots[i].second);
  return members;
}

std::vector<NodeId> Sortition::seats(std::uint64_t task, std::size_t seats, const std::vector<double>& weights) const {
  EXPECT(weights.size() == outputs_.size());
  std::vector<double> upto(weights.size());
  std::partial_sum(weights.begin(), weights.end(), upto.begin());
  EXPECT(upto.back() > 0);
  // Everybody's output goes into the beacon: one honest node makes it unpredictable.
  Hasher all("beacon");
  for (const vrf::Output& output : outputs_) all.add(output);
  const Digest beacon = all.add(task).digest();
  std::vector<NodeId> holders;
  for (std::size_t seat = 0; seat < seats; ++seat) {
    const double at = fraction(Hasher("seat").add(beacon).add(std::uint64_t{seat}).digest()) * upto.back();
    const auto holder = std::upper_bound(upto.begin(), upto.end(), at);
    holders.emplace_back(static_cast<std::uint32_t>(
        std::min<std::ptrdiff_t>(holder - upto.begin(), static_cast<std::ptrdiff_t>(upto.size()) - 1)));
  }
  return holders;
}

}  // namespace orrery::sim::ledger
