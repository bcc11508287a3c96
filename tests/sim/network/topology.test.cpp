#include "sim/network/topology.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/toml.hpp"

namespace orrery::sim::network {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

RegionId id(std::uint32_t i) { return RegionId(i); }

Endpoint at(RegionId region, bool nat = false, Duration access = Duration()) {
  return {region, BytesPerSecond(1e6), BytesPerSecond(4e6), nat, access};
}

// a -- b 100 ms, a -- hub 30 ms, hub -- b 40 ms, within a region 2 ms.
RegionTable three() {
  return RegionTable::from_toml(config::parse_toml(R"(
region = [{ name = "a", rtt_ms = [2] }, { name = "b", rtt_ms = [100, 2] }, { name = "hub", rtt_ms = [30, 40, 2] }])",
                                                   "three.toml"));
}

std::vector<Endpoint> everywhere(int copies, std::uint64_t seed) {
  std::vector<Endpoint> list;
  Draw draw(seed, Stream::test, 0);
  for (int i = 0; i < copies * regions().size(); ++i) {
    list.push_back(at(id(static_cast<std::uint32_t>(i % regions().size())), draw.uniform() < 0.5,
                      Duration::from_ms(1 + draw.exponential(5))));
  }
  return list;
}

TEST(Topology, LatencyIsHalfTheRoundTripAndBothAccessLinks) {
  const Topology net(NetworkParams(), three(),
                     {at(id(0), false, Duration::from_ms(3)), at(id(1), false, Duration::from_ms(4)), at(id(0))}, 1);
  EXPECT_EQ(net.latency(0, 1), Duration::from_ms(57));
  EXPECT_EQ(net.latency(1, 0), Duration::from_ms(57));
  EXPECT_EQ(net.latency(0, 2), Duration::from_ms(4));
  EXPECT_EQ(net.latency(2, 2), Duration::from_ms(1));
}

// Two endpoints that hosts share: who punches through is still a matter of the hosts.
TEST(Topology, HostsThatShareEndpoints) {
  NetworkParams params;
  params.punch_success = 0.5;
  std::vector<Endpoint> one_each;
  for (int i = 0; i < 40; ++i) one_each.push_back(at(id(static_cast<std::uint32_t>(i % 2)), true));
  const Topology own(params, three(), one_each, 5);
  const Topology shared(params, three(), {one_each[0], one_each[1]}, 5);
  int relayed = 0;
  for (std::uint32_t a = 0; a < 40; ++a) {
    for (std::uint32_t b = 0; b < 40; ++b) {
      const bool over = shared.relayed(a % 2, b % 2, a, b);
      EXPECT_EQ(over, own.relayed(a, b));
      EXPECT_EQ(shared.latency(a % 2, b % 2, over), own.latency(a, b));
      relayed += over ? 1 : 0;
    }
  }
  EXPECT_GT(relayed, 0);
}

TEST(Topology, ScaleAndFloor) {
  NetworkParams params;
  params.rtt_scale = 0.1;
  params.min_latency_ms = 0.7;
  const Topology net(params, three(), {at(id(0)), at(id(1)), at(id(0))}, 1);
  EXPECT_EQ(net.latency(0, 1), Duration::from_ms(5));
  EXPECT_EQ(net.latency(0, 2), Duration::from_ms(0.7));
  EXPECT_EQ(net.lookahead(), Duration::from_ms(0.7));
}

TEST(Topology, UniformPairsAreAllAlike) {
  NetworkParams params;
  params.kind = "uniform";
  params.rtt_ms = 30;
  params.traversal = "relay";
  const Topology net(params, {at(RegionId()), at(RegionId()), at(RegionId(), true)}, 1);
  EXPECT_EQ(net.latency(0, 1), Duration::from_ms(15));
  EXPECT_EQ(net.latency(0, 2), Duration::from_ms(30));
  EXPECT_EQ(net.lookahead(), Duration::from_ms(15));
  EXPECT_FALSE(static_cast<bool>(net.relay(0, 2)));
}

// The detour over the hub is 15 + 20 ms one way, shorter than the direct 50: the measured matrix has such pairs, and
// only a pair that needs a relay takes it. Within a region the nearest relay stands in that region.
TEST(Topology, RelayedPairTakesTheShortestDetour) {
  NetworkParams params;
  params.traversal = "reversal";
  const Topology net(params, three(), {at(id(0), true), at(id(1), true), at(id(1)), at(id(0), true)}, 1);
  EXPECT_TRUE(net.relayed(0, 1));
  EXPECT_EQ(net.latency(0, 1), Duration::from_ms(35));
  EXPECT_EQ(net.relay(0, 1), id(2));
  EXPECT_FALSE(net.relayed(0, 2));
  EXPECT_EQ(net.latency(0, 2), Duration::from_ms(50));
  EXPECT_FALSE(static_cast<bool>(net.relay(0, 2)));
  EXPECT_EQ(net.latency(0, 3), Duration::from_ms(2));
  EXPECT_EQ(net.relay(0, 3), id(0));
}

TEST(Topology, RelaysInOneRegionOnly) {
  NetworkParams params;
  params.traversal = "relay";
  params.relay = "a";
  const Topology net(params, three(), {at(id(1), true), at(id(2)), at(id(0))}, 1);
  EXPECT_EQ(net.latency(0, 1), Duration::from_ms(65));  // hub - a 15, a - b 50
  EXPECT_EQ(net.relay(1, 0), id(0));
  EXPECT_FALSE(net.relayed(1, 2));
}

TEST(Topology, ARelayTakesItsShareOfTheRate) {
  NetworkParams params;
  params.traversal = "relay";
  params.relay_rate = 0.25;
  const Topology net(params, three(), {at(id(0), true), at(id(1)), at(id(2))}, 1);
  EXPECT_EQ(net.path_rate(0, 1).value(), 0.25e6);
  EXPECT_EQ(net.path_rate(1, 2).value(), 1e6);
  EXPECT_EQ(net.relay_delay(0, 1, Bytes(1000)), Duration::from_ms(3));  // 4 ms instead of 1
  EXPECT_EQ(net.relay_delay(1, 2, Bytes(1000)), Duration());
}

TEST(Topology, HolePunchingWorksForItsShareOfPairs) {
  NetworkParams params;
  params.punch_success = 0.7;
  const std::vector<Endpoint> nodes(200, at(id(0), true));
  const Topology net(params, three(), nodes, 5);
  int relayed = 0;
  int pairs = 0;
  for (std::uint32_t a = 0; a < net.size(); ++a) {
    EXPECT_FALSE(net.relayed(a, a));
    for (std::uint32_t b = 0; b < a; ++b) {
      EXPECT_EQ(net.relayed(a, b), net.relayed(b, a));
      ++pairs;
      if (net.relayed(a, b)) ++relayed;
    }
  }
  // 19,900 pairs: the standard deviation of the share is 0.0032.
  EXPECT_NEAR(static_cast<double>(relayed) / pairs, 0.3, 5 * 0.0032);
}

TEST(Topology, IsAFunctionOfItsSeed) {
  const Topology one(NetworkParams(), everywhere(4, 3), 11);
  const Topology same(NetworkParams(), everywhere(4, 3), 11);
  const Topology other(NetworkParams(), everywhere(4, 3), 12);
  int different = 0;
  for (std::uint32_t a = 0; a < one.size(); ++a) {
    for (std::uint32_t b = 0; b < one.size(); ++b) {
      EXPECT_EQ(one.latency(a, b), same.latency(a, b));
      if (one.latency(a, b) != other.latency(a, b)) ++different;
    }
  }
  EXPECT_GT(different, 0);
}

TEST(Topology, NoLatencyIsBelowTheLookahead) {
  for (const char* traversal : {"punch", "reversal", "relay"}) {
    NetworkParams params;
    params.traversal = traversal;
    params.jitter = 0.3;
    const Topology net(params, everywhere(5, 2), 3);
    EXPECT_GE(net.lookahead(), Duration::from_ms(params.min_latency_ms));
    Duration least = Duration::max();
    for (std::uint32_t a = 0; a < net.size(); ++a) {
      Draw draw(3, Stream::network, a);
      for (std::uint32_t b = 0; b < net.size(); ++b) {
        EXPECT_EQ(net.latency(a, b), net.latency(b, a));
        EXPECT_GE(net.latency(a, b), net.lookahead());
        EXPECT_GE(net.jittered(a, b, draw), net.latency(a, b));
        least = std::min(least, net.latency(a, b));
      }
    }
    // Not needlessly small either: the bound pairs the smallest backbone with the smallest access link.
    EXPECT_LT(least, net.lookahead() * 3) << traversal;
  }
}

TEST(Topology, LookaheadCountsOnlyRegionsInUse) {
  const Topology far(NetworkParams(), three(), {at(id(0), false, Duration::from_ms(3)), at(id(0))}, 1);
  EXPECT_EQ(far.lookahead(), Duration::from_ms(1));
  const Topology slow(NetworkParams(), three(), {at(id(0), false, Duration::from_ms(3))}, 1);
  EXPECT_EQ(slow.lookahead(), Duration::from_ms(7));
}

TEST(Topology, JitterHasItsMeanAndNoneIsNone) {
  NetworkParams params;
  params.jitter = 0.2;
  const Topology net(params, three(), {at(id(0)), at(id(1))}, 1);
  Draw draw(9, Stream::network, 0);
  double sum = 0;
  const int n = 20000;
  for (int i = 0; i < n; ++i) sum += net.jittered(0, 1, draw).seconds();
  // Exponential excess of mean 10 ms over 50 ms; the standard error of the mean is 10 / sqrt(n) ms.
  EXPECT_NEAR(sum / n, 0.060, 5 * 0.010 / std::sqrt(n));
  params.jitter = 0;
  const Topology still(params, three(), {at(id(0)), at(id(1))}, 1);
  const std::uint64_t before = draw.index();
  EXPECT_EQ(still.jittered(0, 1, draw), still.latency(0, 1));
  EXPECT_EQ(draw.index(), before);
}

TEST(Topology, WireAddsTheHeaders) {
  NetworkParams params;
  params.message_overhead_bytes = 88;
  const Topology net(params, three(), {at(id(0))}, 1);
  EXPECT_EQ(net.wire(Bytes(1000)).value(), 1088);
}

TEST(Topology, UnknownRelayRegionIsTheUsersError) {
  NetworkParams params;
  params.relay = "hubb";
  EXPECT_THAT([&] { Topology(params, three(), {at(id(0))}, 1); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("network.relay"), HasSubstr("'hub'"))));
  params.kind = "uniform";
  EXPECT_THROW(Topology(params, three(), {at(id(0))}, 1), InputError);
}

TEST(Topology, BrokenEndpointsAreOurError) {
  EXPECT_THROW(Topology(NetworkParams(), three(), {at(id(3))}, 1), ContractError);
  EXPECT_THROW(Topology(NetworkParams(), three(), {at(RegionId())}, 1), ContractError);
  EXPECT_THROW(Topology(NetworkParams(), three(), {{id(0), BytesPerSecond(0), BytesPerSecond(1)}}, 1), ContractError);
  const Topology net(NetworkParams(), three(), {at(id(0))}, 1);
  EXPECT_THROW(net.latency(0, 1), ContractError);
}

}  // namespace
}  // namespace orrery::sim::network
