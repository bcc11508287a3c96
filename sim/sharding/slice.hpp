// SliceGraph: the best cut of a topological order into consecutive stages, one for each of a list of nodes.
#pragma once

#include <functional>
#include <vector>

namespace orrery::sim::sharding {

struct Slices {
  std::vector<int> ends;  // of each node's segment, ascending; equal to the one before: the node has none
  double bottleneck = 0;  // the largest cost of a segment that is not empty; infinity: no cut is possible
};

// Cuts [0, n) into at most one segment a node, in the order of the nodes, such that the largest cost(node, l, r) is
// least. cost: of segment [l, r), l < r; infinity where it does not fit. Nodes may stay empty. O(nodes n^2) costs.
// dp[k][r] = min over l of max(dp[k-1][l], cost(k, l, r)), which Archer et al. (arXiv:2311.03703) do for equal nodes.
Slices slice(int n, int nodes, const std::function<double(int node, int l, int r)>& cost);

}  // namespace orrery::sim::sharding
