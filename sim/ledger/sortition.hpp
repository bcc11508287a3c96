// Who sits on a committee, decided by nobody: in an epoch each node proves one output of its verifiable random function
// over the epoch's seed, and a node's lot for a task is a hash of that output and the task.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/id.hpp"
#include "sim/ledger/vrf.hpp"

namespace orrery::sim::ledger {

// A node's key, made from the run's seed.
vrf::SecretKey node_key(std::uint64_t seed, NodeId node);

class Sortition {
 public:
  // Proves and checks one output for each node.
  Sortition(std::uint64_t seed, std::uint64_t epoch, std::uint32_t nodes);
  // From outputs that somebody else has checked.
  explicit Sortition(std::vector<vrf::Output> outputs) : outputs_(std::move(outputs)) {}

  // The `size` nodes with the smallest lots, in their order: every set is equally likely. size <= nodes.
  std::vector<NodeId> committee(std::uint64_t task, std::size_t size) const;
  // All of `candidates` in the order of their lots: the first so many are a committee, those behind them take the
  // places of whoever drops out.
  std::vector<NodeId> order(std::uint64_t task, const std::vector<NodeId>& candidates) const;
  // `seats` nodes, each seat given to a node with a chance in proportion to its weight, independently: one node can
  // hold several. Some weight is positive.
  std::vector<NodeId> seats(std::uint64_t task, std::size_t seats, const std::vector<double>& weights) const;

 private:
  std::uint64_t lot(std::size_t node, std::uint64_t task) const;
  std::vector<vrf::Output> outputs_;
};

}  // namespace orrery::sim::ledger
