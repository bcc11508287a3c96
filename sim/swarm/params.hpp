// The [swarm] section: who takes part, where, and how reliably.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/fields.hpp"

namespace orrery::sim::swarm {

// One line of [[swarm.node]]: `count` equal nodes.
struct NodeRow {
  std::string device;
  std::string region;    // empty: drawn from swarm.regions
  double up_mbit = 0;    // 0: the access speed of its region's country
  double down_mbit = 0;  // likewise
  std::int64_t count = 1;
  std::int64_t blocks = 0;  // most blocks it serves; 0: as many as fit into its memory
  std::string numerics;     // empty: drawn from swarm.numerics
  std::string profile;      // of execution.profiles; empty: the roofline of its device
  static config::Fields<NodeRow> fields();
};

struct SwarmParams {
  // Composition. `node` rows, when present, replace nodes and devices.
  std::int64_t nodes = 100;
  config::Mix devices;   // class = weight; empty: consumer_devices()
  config::Mix regions;   // region = weight; empty: the shares of data/regions.toml
  config::Mix access;    // access class = weight; empty: the mean speeds of each node's country
  config::Mix numerics;  // profile = weight; empty: all canonical
  std::vector<NodeRow> node;
  double slow_share = 0;   // of nodes that are slower than their class, by
  double slow_factor = 2;  // this factor

  // Life (life.hpp).
  std::string lifetime = "none";
  double lifetime_mean_s = 0;
  double lifetime_shape = 1;
  std::string absence = "same";
  double absence_mean_s = 0;
  double absence_shape = 1;
  double time_scale = 1;
  double crash_share = 1;
  double initially_online = -1;
  std::string trace;
  double trace_start_s = 0;

  // Directory (directory.hpp): Petals' command line announces every 120 s, its entries live for two periods, and its
  // clients look again every 60 s.
  double announce_period_s = 120;
  double announce_expiry_s = 0;  // 0: two periods
  double view_refresh_s = 60;

  // Form (sim/fleet): whole views and objects, or samples and tables.
  std::string form = "whole";
  std::int64_t sample = 8;

  static config::Fields<SwarmParams> fields();
};

// InputError for what a field alone cannot know: unknown names, keys that contradict each other, a lifetime without its
// mean. The place of an error is the key ("swarm.devices").
void validate(const SwarmParams& params);

}  // namespace orrery::sim::swarm
