// Which nodes may carry a request: what every router looks at first.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/routing/policy.hpp"

namespace orrery::sim::routing {

// A node of the view that serves some of the requested blocks.
struct Candidate {
  const NodeView* node;  // into the view it was found in
  BlockSpan span;        // announced span within the request's; never empty
};

struct Candidates {
  std::vector<Candidate> nodes;  // in order of their ids
  std::string reason;  // empty, or that nobody serves the first uncovered block ("no announced node serves ...")
};

// All nodes that serve requested blocks, without the banned ones. As in Petals' client, a ban is ignored for every
// banned node on a block that would otherwise have no server; such a node is then used like any other, over its whole
// span. Needs 0 <= request.span.begin <= end <= view.swarm.blocks and a view whose functions are set.
Candidates find_candidates(const RouteRequest& request, const RoutingView& view);

// Leaves only the nodes that are wanted, and the unwanted ones on a block that would otherwise have no server.
void keep_where_possible(std::vector<Candidate>& nodes, BlockSpan within,
                         const std::function<bool(const Candidate&)>& wanted);

// Goes through the request block by block: at the first block not yet covered, `choose` picks one of the nodes that
// serve it (an index into its argument, never empty, in order of ids), which then carries the request to the end of its
// span.
RouteOutcome walk(const RouteRequest& request, const RoutingView& view,
                  const std::function<std::size_t(std::span<const Candidate>)>& choose);

}  // namespace orrery::sim::routing
