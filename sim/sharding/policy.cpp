#include "sim/sharding/policy.hpp"

namespace orrery::sim::sharding {

std::vector<BlockSpan> ShardingPolicy::place(const SwarmView& view, Draw& draw) const {
  std::vector<NodeView> nodes(view.nodes.begin(), view.nodes.end());
  for (NodeView& node : nodes) node.span = {};
  std::vector<BlockSpan> spans;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    // A node that joins sees only those that joined before it.
    const SwarmView so_far{view.blocks, view.now, std::span(nodes).first(i + 1), view.estimates};
    nodes[i].span = join(so_far, i, draw);
    spans.push_back(nodes[i].span);
  }
  return spans;
}

const char* ShardingPolicy::rebalancing() const { return "never"; }

double ShardingPolicy::join_delay_s(Draw&) const { return 0; }

}  // namespace orrery::sim::sharding
