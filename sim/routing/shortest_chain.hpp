// The cheapest chain through a request's blocks when every node has a price and every hop takes time.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {

// What a candidate costs a chain that enters it at block b and leaves it at the end of its span [s].
struct NodeCost {
  double toll = 0;       // once; >= 0
  double per_block = 0;  // for each of the blocks from b on; >= 0
  double leave = 0;      // from the end of the request on; looked at only where the span ends there; >= 0
};

// Seconds from one candidate to another, or from where the request comes from (`from` == outside); >= 0. Asked for as
// rarely as possible: it is what costs.
constexpr int outside = -1;
using HopDelay = std::function<double(int from, int to)>;

// The chain with the least sum. A chain may enter a node at any block it serves but leaves it only at the end of its
// span. The candidates must cover the request (Candidates::reason is empty). Ties go to the lower node id.
Route shortest_chain(BlockSpan request, std::span<const Candidate> nodes, std::span<const NodeCost> costs,
                     const HopDelay& delay);

// The sum for a given chain; each hop must be a candidate.
double chain_cost(BlockSpan request, std::span<const Candidate> nodes, std::span<const NodeCost> costs,
                  const HopDelay& delay, const Route& route);

// The one-way latency between two nodes, or, where an id is none, between the client and the other; nullopt where
// nobody measured it.
std::optional<double> measured_latency_s(const RoutingView& view, NodeId from, NodeId to);

}  // namespace orrery::sim::routing
