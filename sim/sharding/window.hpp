// Which run of blocks is served thinnest: the question that every placement asks.
#pragma once

#include <span>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::sharding {

// The start of the run of `width` blocks whose loads, sorted ascending, come first lexicographically; of equal runs the
// lowest start. load[b]: what already serves block b [requests/s, or nodes], finite. Needs 1 <= width <= load.size().
// This is Petals' choice (_choose_best_start in block_selection.py), in O(b) mostly and O(b^2) at worst for b blocks,
// where sorting every run costs O(b w log w).
int thinnest_start(std::span<const double> load, int width);

// The first maximal run of blocks with load 0 that starts at or after `from`; empty at load.size() if there is none.
BlockSpan next_gap(std::span<const double> load, int from);

// load[b] += amount for the blocks of `span`.
void add_load(std::vector<double>& load, BlockSpan span, double amount);

}  // namespace orrery::sim::sharding
