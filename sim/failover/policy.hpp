// Failover: what is done while all is well so that a loss costs little, and what is done when a part of a chain is
// lost. Pure functions; everything they ask for is charged: bytes to the links, positions to the nodes, copies to
// memory.
#pragma once

#include <cstddef>

#include "sim/config/registry.hpp"
#include "sim/units.hpp"

namespace orrery::sim::failover {

using config::About;
using config::Fields;

// Who keeps copies of a node's KV caches: nobody; the next node of the chain (for the last one, the one before; for a
// node alone, the nearest outside that announced room, or else the client); the client.
enum class Holder { nobody, neighbour, client };

// While all is well.
struct Care {
  bool caches = true;     // nodes keep KV caches from step to step; else every step passes all positions again
  bool inputs = true;     // nodes send their outputs to the client as well, which can then feed a successor's successor
  Tokens copy_every = 0;  // a node sends its holder the KV entries of new positions, this many or more at a time
  Holder holder = Holder::nobody;
};

// Consecutive legs of one chain that were lost together.
struct Loss {
  Tokens done = 0;        // positions that had passed them
  Tokens copied = 0;      // of these, from the first on: positions whose KV entries holders have for all lost blocks
  std::size_t legs = 0;   // that were lost
  std::size_t chain = 0;  // legs of the chain
};

struct Recovery {
  bool restart = false;  // all positions again, one step after the other, over a chain that is new altogether
  Tokens restored = 0;   // otherwise: KV entries to fetch from holders, <= loss.copied; the rest is computed again
};

class FailoverPolicy {
 public:
  virtual ~FailoverPolicy() = default;
  virtual Care care() const = 0;
  virtual Recovery recover(const Loss& loss) const = 0;
};

}  // namespace orrery::sim::failover
