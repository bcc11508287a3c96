// The directory: the last announcement of every node, as old as it is. Pure data; whoever holds one (the registry, a
// DHT node, a client with its stale copy) is an entity of sim/serving.
#pragma once

#include <span>
#include <vector>

#include "sim/view.hpp"

namespace orrery::sim::swarm {

class Directory {
 public:
  // An announcement made at t is forgotten from t + expiry on; expiry > 0.
  explicit Directory(Duration expiry) : expiry_(expiry) { EXPECT(expiry > Duration()); }

  // The newer announcement wins by view.announced, whatever order messages arrive in; of two equally old ones the first
  // to arrive stays. True if the directory changed.
  bool announce(const NodeView& view);
  // A good-bye said at `at`: removes what was announced until then, and keeps older announcements that arrive later
  // out. At the same instant the good-bye wins.
  bool withdraw(NodeId node, Time at);
  // Every entry and good-bye of another directory, as if they had arrived one by one.
  void merge(const Directory& other);
  // Forgets what has run out by `now`; returns how many nodes disappeared.
  std::size_t expire(Time now);

  // In order of node id, without those that left.
  std::span<const NodeView> nodes() const { return nodes_; }
  const NodeView* find(NodeId node) const;
  SwarmView view(int blocks, Time now) const { return {blocks, now, nodes_}; }

 private:
  struct Farewell {
    NodeId node;
    Time at;
  };
  Duration expiry_;
  std::vector<NodeView> nodes_;      // by node id
  std::vector<Farewell> farewells_;  // by node id; kept until no older announcement can matter
};

}  // namespace orrery::sim::swarm
