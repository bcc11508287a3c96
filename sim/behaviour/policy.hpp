// Behaviour: what a node does with the stage it was asked for. Honest nodes do the work; others do something else,
// really.
#pragma once

#include "sim/config/registry.hpp"
#include "sim/id.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace orrery::sim::behaviour {

using config::About;
using config::Fields;

// The stage a node is about to run.
struct Assignment {
  NodeId node;
  RequestId request;
  BlockSpan blocks;
  Tokens first = 0;  // positions [first, first + count)
  Tokens count = 0;
};

// What it computes instead of, or as, the assignment.
struct Conduct {
  BlockSpan blocks;  // blocks it really runs; honest: all that were assigned
};

class BehaviourPolicy {
 public:
  virtual ~BehaviourPolicy() = default;
  virtual Conduct act(const Assignment& assignment, Draw& draw) const = 0;
};

}  // namespace orrery::sim::behaviour
