// A placement as a flow network: tokens go from the clients through nodes to the clients, as many a second as nodes
// compute and links carry (Helix, Mei et al., ASPLOS 2025, section 4.2).
//
// Node i, serving [b, e), passes at most tokens_per_s(i, [b, e)). The clients feed every node whose span begins at
// block 0; node i feeds every node whose span begins at e, or, where work may enter midway, every node that serves
// block e, which then computes from e to the end of its own span; a node whose span ends the model feeds the clients. A
// node that is entered midway is counted as if it computed its whole span, so a flow is what the placement surely
// carries.
#pragma once

#include <span>
#include <vector>

#include "sim/estimates.hpp"

namespace orrery::sim {

struct FlowArc {
  static constexpr int clients = -1;
  int from = clients;  // index into view.nodes
  int to = clients;
  double capacity = 0;  // [token/s]
  double flow = 0;      // [token/s]
};

enum class Entry { midway, at_begin };

struct PlacementFlow {
  double tokens_per_s = 0;  // the maximum
  std::vector<FlowArc> arcs;
};

// The maximum flow of `spans`, one per node of the view (announced spans are not looked at), to a millionth of a token
// per second. O(nodes^2) arcs. Of several maximum flows, always the same one.
PlacementFlow max_flow(const SwarmView& view, std::span<const BlockSpan> spans, Entry entry = Entry::midway);
// Its value alone, faster.
double max_flow_value(const SwarmView& view, std::span<const BlockSpan> spans, Entry entry = Entry::midway);

}  // namespace orrery::sim
