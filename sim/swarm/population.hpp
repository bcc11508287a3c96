// Who is in the swarm: a pure function of (parameters, seed, node index), so any rank can ask for any node.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "sim/arithmetic.hpp"
#include "sim/id.hpp"
#include "sim/swarm/params.hpp"
#include "sim/units.hpp"

namespace orrery::sim::swarm {

struct NodeSpec {
  DeviceId device;  // swarm::device()
  RegionId region;  // network::regions()
  BytesPerSecond up, down;
  Duration access;              // one-way latency of the access link
  double slowdown = 1;          // >= 1: its times are this many times those of its class
  int max_blocks_override = 0;  // 0: as many as fit
  Arithmetic arithmetic;        // of its device, when it is honest
  int row = -1;                 // of swarm.node; -1: drawn from the mixes
  friend bool operator==(const NodeSpec&, const NodeSpec&) = default;
};

// All nodes in the order of their ids: those of the rows first to last, or params.nodes draws. Validates params.
std::vector<NodeSpec> populate(const SwarmParams& params, std::uint64_t seed);
// The same, one by one, for swarms whose list would be too long to keep.
void populate(const SwarmParams& params, std::uint64_t seed, const std::function<void(const NodeSpec& node)>& take);

// Where `count` clients sit, drawn from `regions` (empty: by Region::share); `key` names the mix in messages.
std::vector<RegionId> place_clients(const config::Mix& regions, std::int64_t count, std::uint64_t seed,
                                    std::string_view key);

}  // namespace orrery::sim::swarm
