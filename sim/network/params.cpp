#include "sim/network/params.hpp"

namespace orrery::sim::network {

config::Fields<NetworkParams> NetworkParams::fields() {
  using P = NetworkParams;
  return config::Fields<P>()
      .choice("kind", &P::kind, {"regions", "uniform"},
              "measured round-trip times between city regions, or one and the same for every pair")
      .real("rtt_ms", &P::rtt_ms, "ms", "round-trip time of every pair (kind = \"uniform\")", 0.01, 60000)
      // 100 Mbit/s: what Petals assumes of a server whose speed test failed (petals/server/throughput.py).
      .real("bandwidth_mbit", &P::bandwidth_mbit, "Mbit/s", "up and down rate of every node (kind = \"uniform\")",
            0.001, 1e6)
      .real("link_mbit", &P::link_mbit, "Mbit/s",
            "rate of the connection between any two endpoints, which sends one message after another; connections to "
            "different receivers share nothing but the access link; 0 for no limit of their own",
            0, 1e9)
      .real("client_bandwidth_mbit", &P::client_bandwidth_mbit, "Mbit/s",
            "up and down rate of every client (kind = \"uniform\")", 0.001, 1e6)
      .real("rtt_scale", &P::rtt_scale, "", "factor on the measured round-trip times (kind = \"regions\")", 0.001, 1000)
      .real("min_latency_ms", &P::min_latency_ms, "ms", "no one-way latency is below this", 0.001, 1000)
      // sqrt(2) times the median ratio of mdev and mean in WonderNetwork's pings of 2020-07-19/20; see
      // data/regions.toml.
      .real("jitter", &P::jitter, "", "mean excess of a message's latency over the pair's, as a share of it; 0: none",
            0, 10)
      // At least 52.19 % of 44,474 IPFS peers: Henningsen et al., Mapping the Interplanetary Filesystem, Networking
      // 2020.
      .real("nat_share", &P::nat_share, "", "share of nodes that cannot be dialled from outside", 0, 1)
      .choice(
          "traversal", &P::traversal, {"punch", "reversal", "relay"},
          "how a node behind NAT is reached: hole punching, else a relay if both ends are behind NAT; a relay if both "
          "are; a relay if either is")
      // 70 % +- 7.1 % of 4.4 million attempts: Trautwein et al., arXiv:2510.27500 (libp2p DCUtR, TCP and QUIC alike).
      .real("punch_success", &P::punch_success, "", "probability that hole punching works between two NATs", 0, 1)
      .text("relay", &P::relay,
            "\"best\": over the region that makes the detour shortest; or the one region with relays")
      // Petals announces a fifth of the network throughput of a server that is reachable through relays only.
      .real("relay_rate", &P::relay_rate, "", "share of a path's rate that is left over a relay", 0.001, 1)
      // IPv4 20 + TCP with timestamps 32 (RFC 9293, 7323) + TLS 1.3 record 22 (RFC 8446) + HTTP/2 frame 9 (RFC 9113)
      // + gRPC prefix 5. Headers of further segments are already missing from measured access rates.
      .real("message_overhead_bytes", &P::message_overhead_bytes, "bytes", "headers around a message's payload", 0, 1e6)
      .real("break_probability", &P::break_probability, "1",
            "probability that a connection breaks under a message of activations to the next stage of a chain, or from "
            "the last one to the client: the message is lost, and the receiver, who notices, gives the session up",
            0, 1);
}

}  // namespace orrery::sim::network
