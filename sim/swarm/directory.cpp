#include "sim/swarm/directory.hpp"

#include <algorithm>

namespace orrery::sim::swarm {
namespace {

// First element whose node is not before `node`, in a vector sorted by node.
template <class V>
auto at_node(V& list, NodeId node) {
  return std::lower_bound(list.begin(), list.end(), node, [](const auto& item, NodeId id) { return item.node < id; });
}

}  // namespace

const NodeView* Directory::find(NodeId node) const {
  const auto found = at_node(nodes_, node);
  return found != nodes_.end() && found->node == node ? &*found : nullptr;
}

bool Directory::announce(const NodeView& view) {
  EXPECT(static_cast<bool>(view.node));
  const auto farewell = at_node(farewells_, view.node);
  if (farewell != farewells_.end() && farewell->node == view.node) {
    if (view.announced <= farewell->at) return false;
    farewells_.erase(farewell);
  }
  const auto found = at_node(nodes_, view.node);
  if (found == nodes_.end() || found->node != view.node) {
    nodes_.insert(found, view);
    return true;
  }
  if (view.announced <= found->announced) return false;
  *found = view;
  return true;
}

bool Directory::withdraw(NodeId node, Time at) {
  EXPECT(static_cast<bool>(node));
  const auto found = at_node(nodes_, node);
  if (found != nodes_.end() && found->node == node) {
    if (found->announced > at) return false;  // it came back since
    nodes_.erase(found);
  }
  const auto farewell = at_node(farewells_, node);
  if (farewell == farewells_.end() || farewell->node != node) {
    farewells_.insert(farewell, {node, at});
    return true;
  }
  if (at <= farewell->at) return false;
  farewell->at = at;
  return true;
}

void Directory::merge(const Directory& other) {
  for (const Farewell& f : other.farewells_) withdraw(f.node, f.at);
  for (const NodeView& view : other.nodes_) announce(view);
}

std::size_t Directory::expire(Time now) {
  const std::size_t before = nodes_.size();
  std::erase_if(nodes_, [&](const NodeView& view) { return now - view.announced >= expiry_; });
  // An announcement older than the good-bye has run out by the time that the good-bye is `expiry` old.
  std::erase_if(farewells_, [&](const Farewell& f) { return now - f.at >= expiry_; });
  return before - nodes_.size();
}

}  // namespace orrery::sim::swarm
