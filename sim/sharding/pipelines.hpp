// Whole-swarm placement by pipelines: consecutive nodes share the model out among them, again and again.
#pragma once

#include <span>
#include <vector>

#include "sim/view.hpp"

namespace orrery::sim::sharding {

// Cuts `blocks` into one length per part: proportional to weights[i] as far as caps[i] allows, what a full part cannot
// take goes to the others in proportion, and fractions go to the largest remainders (ties to the first part). Parts of
// weight 0 get blocks only when all others are full, and then equally. Needs weights finite and >= 0, caps >= 0 and 0
// <= blocks <= sum(caps); returns lengths with sum == blocks and 0 <= length[i] <= caps[i].
std::vector<int> apportion(int blocks, std::span<const double> weights, std::span<const int> caps);

// One span per node of the view. Nodes in order form a pipeline as soon as their memory holds the model, which is then
// apportioned among them by weight; the next node starts the next pipeline. Nodes left without blocks (an incomplete
// last pipeline, a share that rounds to nothing) get an empty span. If the whole swarm cannot hold the model, each node
// takes all it can hold, from block 0 on. So the model is covered whenever the sum of min(max_blocks, blocks) reaches
// it.
std::vector<BlockSpan> fill_pipelines(const SwarmView& view, std::span<const double> weights);

// Blocks that the node can hold of a model of `blocks` blocks.
int capacity(const NodeView& node, int blocks);

}  // namespace orrery::sim::sharding
