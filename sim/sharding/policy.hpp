// Sharding: which node serves which blocks. Pure functions of the view; every draw comes through `draw`.
#pragma once

#include <vector>

#include "sim/config/registry.hpp"
#include "sim/random.hpp"
#include "sim/view.hpp"

namespace orrery::sim::sharding {

using config::About;
using config::Fields;

class ShardingPolicy {
 public:
  virtual ~ShardingPolicy() = default;

  // The placement of a whole swarm at once, before the first request: one span per node of the view, in its order; an
  // empty span leaves a node unused. Announced spans in the view are ignored. A span never exceeds the node's
  // max_blocks. The default joins the nodes one after another in the view's order.
  virtual std::vector<BlockSpan> place(const SwarmView& view, Draw& draw) const;

  // The span for one node that joins (view.nodes[self]) beside the others' announced spans.
  virtual BlockSpan join(const SwarmView& view, std::size_t self, Draw& draw) const = 0;

  // The rebalancing policy that was published with it: used where a scenario names none.
  virtual const char* rebalancing() const;

  // join() takes nothing from the others but the sum of their throughputs in each block, so that these sums are enough
  // for it (swarm.form = "large"), and place() joins one node after another.
  virtual bool joins_by_sums() const { return false; }

  // Seconds a node waits before it chooses blocks on joining.
  virtual double join_delay_s(Draw& draw) const;
};

}  // namespace orrery::sim::sharding
