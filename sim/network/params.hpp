// The [network] section: what separates two endpoints besides their own access links. The sources of the defaults are
// beside their fields in params.cpp.
#pragma once

#include <string>

#include "sim/config/fields.hpp"
#include "sim/units.hpp"

namespace orrery::sim::network {

// Scenarios and data/access.toml write rates in Mbit/s (10^6 bit/s); the simulator holds byte/s.
constexpr BytesPerSecond from_mbit(double mbit_per_s) { return BytesPerSecond(mbit_per_s * 1e6 / 8); }

struct NetworkParams {
  std::string kind = "regions";
  // kind = "uniform": every pair is rtt_ms apart and every node's, every client's link is the same.
  double rtt_ms = 50;
  double bandwidth_mbit = 100;
  double client_bandwidth_mbit = 100;
  double link_mbit = 0;  // between any two endpoints; 0: what their access links give
  // kind = "regions": the round-trip times of data/regions.toml.
  double rtt_scale = 1;
  double min_latency_ms = 0.5;
  double jitter = 0.007;
  // Network address translation and relays.
  double nat_share = 0.52;
  std::string traversal = "punch";
  double punch_success = 0.70;
  std::string relay = "best";
  double relay_rate = 0.2;

  double message_overhead_bytes = 88;
  double break_probability = 0;

  BytesPerSecond bandwidth() const { return from_mbit(bandwidth_mbit); }
  BytesPerSecond client_bandwidth() const { return from_mbit(client_bandwidth_mbit); }
  static config::Fields<NetworkParams> fields();
};

}  // namespace orrery::sim::network
