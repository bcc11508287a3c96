#include "sim/serving/endpoints.hpp"

#include "sim/network/access.hpp"

namespace orrery::sim::serving {
namespace {

network::Endpoint at_home(const network::RegionTable& regions, RegionId region) {
  const network::Access line = network::access(regions[region].country);
  return {region, line.up, line.down, false, line.latency};
}

// The registry stands in a data centre of the region with the most nodes.
network::Endpoint directory_endpoint(const network::RegionTable& regions) {
  RegionId best(0);
  for (int i = 1; i < regions.size(); ++i) {
    const RegionId region(static_cast<std::uint32_t>(i));
    if (regions[region].share > regions[best].share) best = region;
  }
  const network::Access line = network::access("datacentre");
  return {best, line.up, line.down, false, line.latency};
}

}  // namespace

std::vector<network::Endpoint> make_endpoints(const Scenario& s, const std::vector<swarm::NodeSpec>& nodes) {
  const auto seed = static_cast<std::uint64_t>(s.experiment.seed);
  const network::RegionTable& regions = network::regions();
  const bool uniform = s.network.kind == "uniform";
  std::vector<network::Endpoint> list;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    network::Endpoint node{nodes[i].region, nodes[i].up, nodes[i].down, false, nodes[i].access};
    Draw draw(seed, Stream::swarm, static_cast<std::uint32_t>(i), std::uint64_t{1} << 40);
    node.nat = draw.uniform() < s.network.nat_share;
    list.push_back(node);
  }
  const config::Mix& client_regions = s.workload.client_regions.empty() ? s.swarm.regions : s.workload.client_regions;
  for (RegionId region : swarm::place_clients(client_regions, s.workload.clients, seed, "workload.client_regions")) {
    list.push_back(at_home(regions, region));
  }
  list.push_back(directory_endpoint(regions));
  // The auditor stands beside it.
  if (s.verification.policy->committee() > 0) list.push_back(directory_endpoint(regions));
  if (uniform) {
    // Every link is alike, and nothing separates two endpoints but rtt_ms.
    for (std::size_t i = 0; i < list.size(); ++i) {
      const bool client = i >= nodes.size() && i < nodes.size() + static_cast<std::size_t>(s.workload.clients);
      list[i].up = list[i].down = client ? s.network.client_bandwidth() : s.network.bandwidth();
      list[i].access = Duration();
    }
  }
  return list;
}

}  // namespace orrery::sim::serving
