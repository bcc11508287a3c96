// What a placement is worth before a single request has come: its flow, how far it is from a bound, what limits it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/estimates.hpp"
#include "sim/serving/scenario.hpp"

namespace orrery::sim::serving {

struct PlacementReport {
  std::vector<BlockSpan> spans;  // of the nodes of the view
  int serving = 0;               // nodes with blocks
  int covered = 0;               // blocks with a node
  // NaN where the swarm is larger than `most_nodes`, or where there is none.
  double flow = 0;        // what the placement carries, prompts' tokens and generated ones (sim/flow.hpp) [token/s]
  double bound = 0;       // no placement of these nodes carries more: every node at its most efficient length [token/s]
  double gap = 0;         // 1 - flow / bound
  double chain = 0;       // of the best single chain in the placement [token/s]
  double chain_gap = 0;   // 1 - chain / the best single chain there is, exactly; NaN too where that takes too long
  int bottleneck = -1;    // the block whose nodes' rates add up to the least
  double bottleneck_rate = 0;        // [token/s]
  double bytes_per_token = 0;        // between nodes and clients, along the flow
  int smallest_useful = -1;          // index of the node with the least memory without which the flow is smaller
  double smallest_useful_bytes = 0;  // its memory

  static constexpr std::size_t most_nodes = 128;
};

PlacementReport report_placement(const SwarmView& view, std::vector<BlockSpan> spans);

// The nodes of a scenario that are on line at time zero, placed by every sharding policy: the scenario's own with its
// parameters, the others with their defaults. A policy that refuses has its reason.
struct PlacementRow {
  std::string policy;
  bool chosen = false;  // the scenario's own
  std::string refusal;
  PlacementReport report;
};
struct PlacementComparison {
  std::vector<NodeView> nodes;
  int blocks = 0;
  double best_chain = 0;  // the best single chain there is (sharding.dp); NaN where that takes too long [token/s]
  std::vector<PlacementRow> rows;  // in the order of their names
};
PlacementComparison compare_placements(const Scenario& scenario);

}  // namespace orrery::sim::serving
