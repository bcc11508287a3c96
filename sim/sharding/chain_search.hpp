// The best single chain of nodes through a model: each node at most once, each with a run of blocks within its memory.
//
//   throughput   the largest rate that every stage and every link of the chain reaches [token/s]
//   latency      the least time of one token from the clients through all blocks and back [s]
//
// Needs estimates whose rates do not grow with a longer span. Nodes that the estimates do not tell apart (equal rates,
// times and memory, with links that are the same between all pairs) count as one kind, so that what is searched is how
// many of each kind a prefix of the chain has used: prod(count + 1) states, 2^n for n different nodes, times the last
// node where links differ, times the blocks for latency.
#pragma once

#include <span>
#include <vector>

#include "sim/estimates.hpp"

namespace orrery::sim::sharding {

struct ChainStage {
  std::size_t node = 0;  // index into the view
  BlockSpan span;
};

struct Chain {
  std::vector<ChainStage> stages;  // empty: none covers the model
  double tokens_per_s = 0;         // throughput: of the weakest stage or link
  double latency_s = 0;
};

enum class Objective { throughput, latency };

// States that a search over all orders of `nodes` would have.
double chain_states(const SwarmView& view, std::span<const std::size_t> nodes, Objective objective);

// Over all subsets and orders of `nodes`. O(states x nodes) steps, for throughput times the logarithm of the number of
// different rates. EXPECTs that the states are below 2^31.
Chain best_chain(const SwarmView& view, std::span<const std::size_t> nodes, Objective objective);

// Over subsets of `nodes` in their order. O(n^2 x blocks x largest span).
Chain best_chain_in_order(const SwarmView& view, std::span<const std::size_t> nodes, Objective objective);

// The best throughput of a single chain through nodes that serve `spans`, entered where the one before ends: a lower
// bound on what the placement carries, and never above best_chain's.
double best_served_rate(const SwarmView& view, std::span<const BlockSpan> spans);

}  // namespace orrery::sim::sharding
