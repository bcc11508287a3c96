// How a node joins a swarm whose placement was planned as a whole, and which nodes such a plan is about.
#pragma once

#include <span>
#include <vector>

#include "sim/view.hpp"

namespace orrery::sim::sharding {

// Tokens per second that the announced spans of all nodes but `self` add up to, block by block.
std::vector<double> rates_per_block(const SwarmView& view, std::span<const BlockSpan> spans, std::size_t self);

// As many blocks as the node holds, there where the estimated rates of the others are thinnest (window.hpp); empty for
// a node without room.
BlockSpan join_where_thinnest(const SwarmView& view, std::size_t self);

// Gives the nodes without a span one, each where the swarm is thinnest by then, in the order of the view.
void settle_rest(const SwarmView& view, std::vector<BlockSpan>& spans);

// Indices of the nodes that can hold at least one block, in the order of the view.
std::vector<std::size_t> nodes_with_room(const SwarmView& view);

}  // namespace orrery::sim::sharding
