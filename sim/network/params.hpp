// The [network] section: what separates two endpoints besides their own access links.
#pragma once

#include <cstdint>
#include <string>

#include "sim/config/fields.hpp"
#include "sim/units.hpp"

namespace orrery::sim::network {

// Rates are written in Mbit/s (10^6 bit/s) in scenarios and held in byte/s.
constexpr BytesPerSecond from_mbit(double mbit_per_s) { return BytesPerSecond(mbit_per_s * 1e6 / 8); }

struct NetworkParams {
  std::string kind = "regions";
  // kind = "uniform": every pair is rtt_ms apart and every link has the same rates.
  double rtt_ms = 50;
  double bandwidth_mbit = 100;
  double client_bandwidth_mbit = 100;
  // kind = "regions": round-trip times from data/regions.toml.
  double rtt_scale = 1;
  double min_latency_ms = 0.5;
  double jitter = 0.0037;
  // Network address translation and relays.
  double nat_share = 0.52;
  std::string traversal = "punch";
  double punch_success = 0.70;
  std::string relay = "best";
  double relay_rate = 0.2;
  // Framing.
  double message_overhead_bytes = 88;

  BytesPerSecond bandwidth() const { return from_mbit(bandwidth_mbit); }
  BytesPerSecond client_bandwidth() const { return from_mbit(client_bandwidth_mbit); }
  static config::Fields<NetworkParams> fields();
};

}  // namespace orrery::sim::network
