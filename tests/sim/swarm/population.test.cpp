#include "sim/swarm/population.hpp"

#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/network/access.hpp"
#include "sim/network/params.hpp"
#include "sim/network/region.hpp"
#include "sim/swarm/device.hpp"
#include "tests/sim/written_file.hpp"

namespace orrery::sim::swarm {
namespace {

SwarmParams read(const std::string& text) {
  SwarmParams p;
  config::read_fields(SwarmParams::fields().list(), &p, config::parse_toml(text, "swarm.toml"));
  return p;
}

// 4.5 sigma of a binomial count.
double bound(double n, double p) { return 4.5 * std::sqrt(n * p * (1 - p)); }

TEST(Population, OneByOneIsTheList) {
  for (const char* text :
       {"nodes = 50\nslow_share = 0.2", "node = [{ device = \"t4\", count = 3 }, { device = \"l4\" }]"}) {
    std::vector<NodeSpec> taken;
    populate(read(text), 7, [&taken](const NodeSpec& node) { taken.push_back(node); });
    EXPECT_EQ(taken, populate(read(text), 7));
  }
}

TEST(Population, MixesAreMetWithinBinomialBounds) {
  const SwarmParams p = read(
      "nodes = 20000\nslow_share = 0.1\nslow_factor = 3\n"
      "devices = { rtx-4090 = 3, t4 = 1 }\nregions = { tokyo = 1, frankfurt = 1 }\naccess = { cable = 4, datacentre = "
      "1 }");
  const auto nodes = populate(p, 11);
  ASSERT_EQ(nodes.size(), 20000u);
  const DeviceId t4 = device_named("t4", "test");
  const RegionId tokyo = network::regions().named("tokyo", "test");
  const network::Access cable = network::access("cable");
  int cards = 0, places = 0, links = 0, slow = 0, all = 0;
  for (const NodeSpec& n : nodes) {
    const bool a = n.device == t4, b = n.region == tokyo, c = n.up == cable.up, d = n.slowdown == 3;
    EXPECT_TRUE(d || n.slowdown == 1);
    cards += a, places += b, links += c, slow += d, all += a && b && c && d;
  }
  EXPECT_NEAR(cards, 5000, bound(20000, 0.25));
  EXPECT_NEAR(places, 10000, bound(20000, 0.5));
  EXPECT_NEAR(links, 16000, bound(20000, 0.8));
  EXPECT_NEAR(slow, 2000, bound(20000, 0.1));
  EXPECT_NEAR(all, 200, bound(20000, 0.01));  // drawn independently of each other
}

TEST(Population, DefaultsFollowTheFacts) {
  SwarmParams p;
  p.nodes = 20000;
  const auto nodes = populate(p, 3);
  std::map<std::uint32_t, int> devices, regions;
  for (const NodeSpec& n : nodes) {
    ++devices[n.device.index()];
    ++regions[n.region.index()];
    const network::Access link = network::access(network::regions()[n.region].country);
    EXPECT_EQ(n.up, link.up);
    EXPECT_EQ(n.down, link.down);
    EXPECT_EQ(n.access, link.latency);
  }
  double total = 0;
  for (const auto& [name, share] : consumer_devices()) total += share;
  for (const auto& [name, share] : consumer_devices()) {
    const double q = share / total;
    EXPECT_NEAR(devices[device_named(name, "test").index()], 20000 * q, bound(20000, q)) << name;
  }
  double places = 0;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(network::regions().size()); ++i) {
    places += network::regions()[RegionId(i)].share;
  }
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(network::regions().size()); ++i) {
    const double q = network::regions()[RegionId(i)].share / places;
    EXPECT_NEAR(regions[i], 20000 * q, bound(20000, q)) << network::regions()[RegionId(i)].name;
  }
}

TEST(Population, ANodeDependsOnSeedAndIndexOnly) {
  SwarmParams p;
  p.nodes = 50;
  const auto few = populate(p, 5);
  p.nodes = 500;
  const auto many = populate(p, 5);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
  EXPECT_NE(many, populate(p, 6));
  // Giving one property leaves the others as they were.
  p.devices = {{"t4", 1}};
  const auto cards = populate(p, 5);
  for (std::size_t i = 0; i < many.size(); ++i) EXPECT_EQ(cards[i].region, many[i].region);
}

TEST(Population, RowsReplaceTheMix) {
  const SwarmParams p = read(
      "nodes = 999\n"
      "[[node]]\ndevice = \"a100-80\"\nregion = \"london\"\nup_mbit = 100\ndown_mbit = 200\ncount = 3\nblocks = 24\n"
      "[[node]]\ndevice = \"pi-5\"\nregion = \"seoul\"\n");
  const auto nodes = populate(p, 1);
  ASSERT_EQ(nodes.size(), 4u);
  EXPECT_EQ(nodes[0], nodes[2]);
  EXPECT_EQ(nodes[0].up, network::from_mbit(100));
  EXPECT_EQ(nodes[0].down, network::from_mbit(200));
  EXPECT_EQ(nodes[0].max_blocks_override, 24);
  EXPECT_EQ(nodes[3].device, device_named("pi-5", "test"));
  EXPECT_EQ(nodes[3].up, network::access("KR").up);
  EXPECT_EQ(nodes[3].max_blocks_override, 0);
}

TEST(Population, ClientsAreDrawnApartFromNodes) {
  const auto clients = place_clients({{"tokyo", 1}, {"sydney", 3}}, 8000, 2, "workload.client_regions");
  int tokyo = 0;
  for (const RegionId id : clients) tokyo += id == network::regions().named("tokyo", "test") ? 1 : 0;
  EXPECT_NEAR(tokyo, 2000, bound(8000, 0.25));
  EXPECT_THAT(complaint([] {
                place_clients({{"tokio", 1}}, 1, 2, "workload.client_regions");
              }),
              ::testing::StartsWith("workload.client_regions: unknown region 'tokio'"));
}

TEST(Population, NamesAreCheckedAgainstTheTables) {
  const auto fault = [](const std::string& text) { return complaint([&] { populate(read(text), 1); }); };
  EXPECT_THAT(fault("devices = { rtx-4091 = 1 }"),
              ::testing::StartsWith(
                  "swarm.devices: unknown device 'rtx-4091' (it is not in data/devices.toml). Did you mean 'rtx-"));
  EXPECT_THAT(fault("regions = { londn = 1 }"), ::testing::StartsWith("swarm.regions: unknown region 'londn'"));
  EXPECT_THAT(fault("access = { fiber = 1 }"), ::testing::StartsWith("swarm.access:"));
  EXPECT_THAT(fault("node = [{ device = \"t5\" }]"),
              ::testing::StartsWith("swarm.node[0].device: unknown device 't5' "));
  EXPECT_EQ(fault("node = [{ count = 2 }]"),
            "swarm.node[0]: has no device (a node needs a class from data/devices.toml).");
  EXPECT_EQ(fault("devices = { t4 = 1 }\nnode = [{ device = \"t4\" }]"),
            "swarm.devices: has no effect ([[swarm.node]] rows replace the mix). Remove one of the two.");
}

TEST(Population, NodesNameTheNumericsOfTheirDevices) {
  const Arithmetic bf16 = numerics_profile("bf16", "test").arithmetic;
  for (const NodeSpec& n : populate(read("nodes = 5"), 1)) EXPECT_EQ(n.arithmetic, Arithmetic{});
  const SwarmParams mixed = read("nodes = 4000\nnumerics = { canonical = 3, bf16 = 1 }");
  int narrow = 0;
  for (const NodeSpec& n : populate(mixed, 1)) narrow += n.arithmetic == bf16 ? 1 : 0;
  EXPECT_NEAR(narrow, 1000, bound(4000, 0.25));
  // Giving numerics to nodes moves nothing else.
  const auto plain = populate(read("nodes = 4000"), 1), again = populate(mixed, 1);
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(plain[i].device, again[i].device);
  const auto rows = populate(read("node = [{ device = \"t4\", numerics = \"bf16\" }, { device = \"t4\" }]"), 1);
  EXPECT_EQ(rows[0].arithmetic, bf16);
  EXPECT_EQ(rows[1].arithmetic, Arithmetic{});
  EXPECT_THROW(populate(read("numerics = { bf17 = 1 }"), 1), InputError);
  EXPECT_THROW(populate(read("node = [{ device = \"t4\", numerics = \"bf17\" }]"), 1), InputError);
}

TEST(Population, ParametersSurviveTheirCanonicalText) {
  const SwarmParams p = read("nodes = 7\ndevices = { t4 = 1.5 }\nlifetime = \"skype06\"\nnode = [{ device = \"l4\" }]");
  const std::string text = config::write_fields(SwarmParams::fields().list(), &p);
  const SwarmParams again = read(text);
  EXPECT_EQ(config::write_fields(SwarmParams::fields().list(), &again), text);
  EXPECT_EQ(again.devices, p.devices);
  EXPECT_EQ(again.node[0].device, "l4");
}

}  // namespace
}  // namespace orrery::sim::swarm
