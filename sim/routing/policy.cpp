#include "sim/routing/policy.hpp"

#include <algorithm>

namespace orrery::sim::routing {

bool covers(const Route& route, BlockSpan span, const SwarmView& view) {
  int reached = span.begin;
  for (const Hop& hop : route) {
    const auto node = std::lower_bound(view.nodes.begin(), view.nodes.end(), hop.node,
                                       [](const NodeView& a, NodeId id) { return a.node < id; });
    if (node == view.nodes.end() || node->node != hop.node) return false;
    if (hop.span.empty() || hop.span.begin != reached) return false;
    if (hop.span.begin < node->span.begin || hop.span.end > node->span.end) return false;
    reached = hop.span.end;
  }
  return reached == span.end;
}

}  // namespace orrery::sim::routing
