// What a participant knows of the swarm: announcements, as old as they are. Policies see views, never the world.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim {

// One node as announced. Order in a view is by node id, whatever order announcements came in.
struct NodeView {
  NodeId node;
  BlockSpan span;               // blocks it serves; empty: it serves none yet
  int max_blocks = 0;           // blocks that fit into its memory beside their KV caches
  double throughput = 0;        // requests/s through one announced span: what Petals' servers announce (see petals.cpp)
  double inference_rps = 0;     // one-token block passes per second, a single stream; > 0
  double compute_flops = 0;     // flop/s in the model's compute type
  double memory_bandwidth = 0;  // byte/s
  double memory_bytes = 0;      // byte
  double network_bandwidth = 0;  // byte/s, the smaller of up and down
  Tokens cache_left = 0;         // KV room [token x block]
  int queue = 0;                 // stage tasks waiting or running when it announced
  bool relay = false;            // reachable only through a relay
  int sessions = 0;              // sessions it held
  // Since its last announcement: how long a decode step took it per block, queueing included; 0 if there was none.
  double block_latency_s = 0;
  double busy = 0;    // share of that time that it computed
  Time online_since;  // when it came on line
  Time announced;     // when the announcement was made
};

class Estimates;

struct SwarmView {
  int blocks = 0;  // of the model
  Time now;        // when the view is consulted; announcements are older
  std::span<const NodeView> nodes;
  const Estimates* estimates = nullptr;  // read it through estimates(view) in sim/estimates.hpp
};

}  // namespace orrery::sim
