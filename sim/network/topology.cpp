#include "sim/network/topology.hpp"

#include <algorithm>
#include <utility>

#include "sim/network/port.hpp"

namespace orrery::sim::network {
namespace {

// Whether two NATs let each other through, the same in both directions. Its draws are apart from the jitter's of the
// same stream, which count up from 0.
bool punched(std::uint64_t seed, std::uint32_t a, std::uint32_t b, double success) {
  const auto [low, high] = std::minmax(a, b);
  return Draw(seed, Stream::network, low, (std::uint64_t{1} << 63) | high).uniform() < success;
}

}  // namespace

Topology::Topology(const NetworkParams& params, std::vector<Endpoint> endpoints, std::uint64_t seed)
    : Topology(params, network::regions(), std::move(endpoints), seed) {}

Topology::Topology(const NetworkParams& params, RegionTable regions, std::vector<Endpoint> endpoints,
                   std::uint64_t seed)
    : endpoints_(std::move(endpoints)),
      regions_(std::move(regions)),
      uniform_(params.kind == "uniform"),
      punch_success_(params.punch_success),
      relay_rate_(params.relay_rate),
      jitter_(params.jitter),
      break_probability_(params.break_probability),
      overhead_(params.message_overhead_bytes),
      link_rate_(from_mbit(params.link_mbit)),
      seed_(seed) {
  EXPECT(uniform_ || params.kind == "regions");
  EXPECT(params.traversal == "punch" || params.traversal == "reversal" || params.traversal == "relay");
  traversal_ = params.traversal == "relay"      ? Traversal::relay
               : params.traversal == "reversal" ? Traversal::reversal
                                                : Traversal::punch;
  for (const Endpoint& e : endpoints_) {
    EXPECT(e.up.value() > 0 && e.down.value() > 0 && e.access >= Duration());
    EXPECT(uniform_ || static_cast<int>(e.region.index()) < regions_.size());
  }
  if (uniform_) {
    measure_uniform(params);
  } else {
    measure_regions(params);
  }
  find_lookahead();
}

void Topology::measure_uniform(const NetworkParams& params) {
  VALIDATE(params.relay == "best", "network.relay", "relay region '" + params.relay + "' given",
           "kind = \"uniform\" has no regions", "Leave 'relay' out, or set kind = \"regions\".");
  const Duration way = std::max(Duration::from_ms(params.rtt_ms / 2), Duration::from_ms(params.min_latency_ms));
  legs_ = {{way, way * 2, RegionId()}};
}

void Topology::measure_regions(const NetworkParams& params) {
  const Duration floor = Duration::from_ms(params.min_latency_ms);
  const auto way = [&](std::uint32_t a, std::uint32_t b) {
    return std::max(floor,
                    Duration::from_seconds(regions_.rtt(RegionId(a), RegionId(b)).seconds() / 2 * params.rtt_scale));
  };
  std::vector<std::uint32_t> relays;
  if (params.relay == "best") {
    for (int r = 0; r < regions_.size(); ++r) relays.push_back(static_cast<std::uint32_t>(r));
  } else {
    relays = {regions_.named(params.relay, "network.relay").index()};
  }
  places_ = static_cast<std::uint32_t>(regions_.size());
  legs_.reserve(std::size_t{places_} * places_);
  for (std::uint32_t a = 0; a < places_; ++a) {
    for (std::uint32_t b = 0; b < places_; ++b) {
      Leg leg{way(a, b), Duration::max(), RegionId()};
      for (const std::uint32_t r : relays) {
        const Duration detour = way(a, r) + way(r, b);
        if (detour < leg.relayed) leg = {leg.direct, detour, RegionId(r)};
      }
      legs_.push_back(leg);
    }
  }
}

void Topology::find_lookahead() {
  std::vector<bool> used(places_, false);
  Duration access = Duration::max();
  for (std::uint32_t i = 0; i < size(); ++i) {
    used[place(i)] = true;
    access = std::min(access, endpoints_[i].access);
  }
  for (std::uint32_t a = 0; a < places_; ++a) {
    for (std::uint32_t b = a; b < places_; ++b) {
      if (!used[a] || !used[b]) continue;
      const Leg& leg = legs_[a * places_ + b];
      lookahead_ = std::min(lookahead_, std::min(leg.direct, leg.relayed) + access * 2);
    }
  }
}

Duration Topology::latency(std::uint32_t a, std::uint32_t b) const { return latency(a, b, relayed(a, b)); }

Duration Topology::latency(std::uint32_t a, std::uint32_t b, bool relayed) const {
  const Leg& path = leg(a, b);
  return endpoint(a).access + (relayed ? path.relayed : path.direct) + endpoint(b).access;
}

Duration Topology::jittered(std::uint32_t a, std::uint32_t b, Draw& draw) const {
  const Duration base = latency(a, b);
  if (jitter_ == 0) return base;
  return base + Duration::from_seconds(draw.exponential(jitter_ * base.seconds()));
}

Duration Topology::connection_time(Bytes wire) const {
  return link_rate_.value() > 0 ? Duration::from_seconds(wire.value() / link_rate_.value()) : Duration();
}

bool Topology::relayed(std::uint32_t a, std::uint32_t b) const { return relayed(a, b, a, b); }

bool Topology::relayed(std::uint32_t a, std::uint32_t b, std::uint32_t host_a, std::uint32_t host_b) const {
  const bool from = endpoint(a).nat;
  const bool to = endpoint(b).nat;
  if (host_a == host_b) return false;
  switch (traversal_) {
    case Traversal::relay:
      return from || to;
    case Traversal::reversal:
      return from && to;
    case Traversal::punch:
      return from && to && !punched(seed_, host_a, host_b, punch_success_);
  }
  return false;
}

RegionId Topology::relay(std::uint32_t a, std::uint32_t b) const { return relayed(a, b) ? leg(a, b).via : RegionId(); }

BytesPerSecond Topology::path_rate(std::uint32_t a, std::uint32_t b) const {
  BytesPerSecond rate = std::min(endpoint(a).up, endpoint(b).down);
  if (link_rate_.value() > 0) rate = std::min(rate, link_rate_);
  return relayed(a, b) ? rate * relay_rate_ : rate;
}

Duration Topology::relay_delay(std::uint32_t a, std::uint32_t b, Bytes bytes) const {
  if (!relayed(a, b)) return Duration();
  const BytesPerSecond rate = std::min(endpoint(a).up, endpoint(b).down);
  return transfer_time(bytes, rate * relay_rate_) - transfer_time(bytes, rate);
}

}  // namespace orrery::sim::network
