// How far endpoints are from each other. Immutable once built, so every rank and entity may read one copy.
//
// One-way latency of a pair (a, b) = access latency of a + backbone + access latency of b, where the backbone is half
// the round-trip time between their regions, never below the floor `min_latency_ms`.
//
// A pair needs a relay when (traversal = ...)
//   "relay"     either end is behind NAT (what Petals does with servers that nobody can dial),
//   "reversal"  both are (a NATed end can always dial a public one),
//   "punch"     both are and hole punching fails, which has probability 1 - punch_success per pair and is a pure
//   function
//               of (seed, pair).
// A relayed backbone is the sum of the two legs over the region that makes it smallest (relay = "best"), or over the
// one region named; with kind = "uniform" it is two legs. Relays are well-connected hosts: they add no access latency.
// Since measured round-trip times violate the triangle inequality, a detour may be shorter; a pair takes it only if it
// has to.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/id.hpp"
#include "sim/network/params.hpp"
#include "sim/network/region.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace orrery::sim::network {

struct Endpoint {
  RegionId region;      // ignored by kind = "uniform"
  BytesPerSecond up;    // > 0
  BytesPerSecond down;  // > 0
  bool nat = false;     // cannot be dialled from outside
  Duration access{};    // one-way latency of the access link, >= 0
};

class Topology {
 public:
  // Throws InputError for a relay region that does not exist. Every endpoint needs positive rates and, for
  // kind = "regions", a region of the table.
  Topology(const NetworkParams& params, std::vector<Endpoint> endpoints, std::uint64_t seed);
  // The same over another table of regions.
  Topology(const NetworkParams& params, RegionTable regions, std::vector<Endpoint> endpoints, std::uint64_t seed);

  std::uint32_t size() const { return static_cast<std::uint32_t>(endpoints_.size()); }
  const Endpoint& endpoint(std::uint32_t i) const {
    EXPECT(i < endpoints_.size());
    return endpoints_[i];
  }
  const RegionTable& regions() const { return regions_; }

  // One way, without jitter; symmetric. a == b gives two hosts at the same place.
  Duration latency(std::uint32_t a, std::uint32_t b) const;
  // latency plus an exponential excess with mean jitter x latency; one draw, or none if jitter is 0.
  Duration jittered(std::uint32_t a, std::uint32_t b, Draw& draw) const;
  // No latency, jittered or not, is smaller: from the regions in use and the shortest access link, so it costs
  // O(endpoints + regions^2) once, not a walk over pairs. At least min_latency_ms; Duration::max() without endpoints.
  Duration lookahead() const { return lookahead_; }

  bool relayed(std::uint32_t a, std::uint32_t b) const;
  // The same for hosts that share endpoints with others like them: `host_a` and `host_b` are who they are, a != b of
  // them; a and b say which endpoints are theirs. With one endpoint a host and equal names it is relayed(a, b).
  bool relayed(std::uint32_t a, std::uint32_t b, std::uint32_t host_a, std::uint32_t host_b) const;
  // One way, without jitter, direct or over the relay.
  Duration latency(std::uint32_t a, std::uint32_t b, bool relayed) const;
  // The region whose relay a relayed pair uses; "none" for direct pairs and for kind = "uniform".
  RegionId relay(std::uint32_t a, std::uint32_t b) const;
  // What one transfer from a to b can reach: the smaller of a's up and b's down link, times relay_rate over a relay.
  BytesPerSecond path_rate(std::uint32_t a, std::uint32_t b) const;
  // How much longer than through the two access links alone a transfer takes because of the relay; 0 for direct pairs.
  Duration relay_delay(std::uint32_t a, std::uint32_t b, Bytes bytes) const;
  // Relayed transfers reach this share of the path's rate.
  double relay_rate() const { return relay_rate_; }
  // Mean excess of a message's latency, as a share of the pair's.
  double jitter() const { return jitter_; }
  // Probability that the connection under a message of activations breaks.
  double break_probability() const { return break_probability_; }
  // Time on the connection of two endpoints itself, beside their access links (link_mbit).
  Duration connection_time(Bytes wire) const;
  // Bytes on the wire of a message with this payload.
  Bytes wire(Bytes payload) const { return payload + overhead_; }

 private:
  enum class Traversal : std::uint8_t { punch, reversal, relay };
  struct Leg {
    Duration direct;   // backbone, one way
    Duration relayed;  // backbone over the relay
    RegionId via;
  };
  std::uint32_t place(std::uint32_t i) const { return uniform_ ? 0 : endpoint(i).region.index(); }
  const Leg& leg(std::uint32_t a, std::uint32_t b) const { return legs_[place(a) * places_ + place(b)]; }
  void measure_uniform(const NetworkParams& params);
  void measure_regions(const NetworkParams& params);
  void find_lookahead();

  std::vector<Endpoint> endpoints_;
  RegionTable regions_;
  std::vector<Leg> legs_;  // [places][places]; a place is a region, or the one place of kind = "uniform"
  std::uint32_t places_ = 1;
  bool uniform_ = false;
  Traversal traversal_ = Traversal::punch;
  double punch_success_ = 0;
  double relay_rate_ = 1;
  double jitter_ = 0;
  double break_probability_ = 0;
  Bytes overhead_;
  BytesPerSecond link_rate_;  // 0: no limit
  std::uint64_t seed_ = 0;
  Duration lookahead_ = Duration::max();
};

}  // namespace orrery::sim::network
