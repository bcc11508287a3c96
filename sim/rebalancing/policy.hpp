// Rebalancing: when a node that serves gives up its blocks for others. A move costs: the node is away while it fetches
// weights over its own link, and the KV caches it held have to be rebuilt elsewhere. Pure functions of what the node
// knows; every draw comes through `draw`.
#pragma once

#include <functional>

#include "sim/config/registry.hpp"
#include "sim/random.hpp"
#include "sim/view.hpp"

namespace orrery::sim::rebalancing {

using config::About;
using config::Fields;

// What a node knows when it considers to move.
struct RebalancingView {
  SwarmView swarm;       // as the directory tells it
  std::size_t self = 0;  // swarm.nodes[self]: the node itself; its span is not empty
  int wishes = 0;        // checks in a row before this one that ended in a wish
  Duration served;       // time since it began to serve its span
  Tokens cached = 0;     // positions in the KV caches of the sessions it holds
  std::function<double(BlockSpan)> reload_s;  // seconds to fetch a span's weights
};

struct Decision {
  enum class Kind { stay, wish, move } kind = Kind::stay;
  BlockSpan target;  // of a move: not empty, fits the node, and is not where it is
  friend bool operator==(const Decision&, const Decision&) = default;
};

class RebalancingPolicy {
 public:
  virtual ~RebalancingPolicy() = default;

  // Seconds until a node next considers to move; infinity: never.
  virtual double period_s(Draw& draw) const = 0;

  virtual Decision decide(const RebalancingView& view, Draw& draw) const = 0;
};

}  // namespace orrery::sim::rebalancing
