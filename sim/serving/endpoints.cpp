#include "sim/serving/endpoints.hpp"

#include "sim/network/access.hpp"

namespace orrery::sim::serving {
namespace {

// In a uniform network every link is alike, and nothing separates two endpoints but rtt_ms.
network::Endpoint as_alike(const Scenario& s, network::Endpoint endpoint, bool client) {
  if (s.network.kind != "uniform") return endpoint;
  endpoint.up = endpoint.down = client ? s.network.client_bandwidth() : s.network.bandwidth();
  endpoint.access = Duration();
  return endpoint;
}

}  // namespace

network::Endpoint node_endpoint(const Scenario& s, const swarm::NodeSpec& node, std::uint32_t index) {
  Draw draw(static_cast<std::uint64_t>(s.experiment.seed), Stream::swarm, index, std::uint64_t{1} << 40);
  const bool nat = draw.uniform() < s.network.nat_share;
  return as_alike(s, {node.region, node.up, node.down, nat, node.access}, false);
}

network::Endpoint client_endpoint(const Scenario& s, RegionId region) {
  const network::Access line = network::access(network::regions()[region].country);
  return as_alike(s, {region, line.up, line.down, false, line.latency}, true);
}

// The registry stands in a data centre of the region with the most nodes, and what has no other place stands beside it.
network::Endpoint directory_endpoint(const Scenario& s) {
  const network::RegionTable& regions = network::regions();
  RegionId best(0);
  for (int i = 1; i < regions.size(); ++i) {
    const RegionId region(static_cast<std::uint32_t>(i));
    if (regions[region].share > regions[best].share) best = region;
  }
  const network::Access line = network::access("datacentre");
  return as_alike(s, {best, line.up, line.down, false, line.latency}, false);
}

std::vector<network::Endpoint> make_endpoints(const Scenario& s, const std::vector<swarm::NodeSpec>& nodes) {
  const auto seed = static_cast<std::uint64_t>(s.experiment.seed);
  std::vector<network::Endpoint> list;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    list.push_back(node_endpoint(s, nodes[i], static_cast<std::uint32_t>(i)));
  }
  const config::Mix& client_regions = s.workload.client_regions.empty() ? s.swarm.regions : s.workload.client_regions;
  for (RegionId region : swarm::place_clients(client_regions, s.workload.clients, seed, "workload.client_regions")) {
    list.push_back(client_endpoint(s, region));
  }
  list.push_back(directory_endpoint(s));
  if (s.verification.policy->committee() > 0) list.push_back(directory_endpoint(s));                     // the auditor
  if (s.workload.kind == "rag" && s.retrieval.place == "server") list.push_back(directory_endpoint(s));  // retriever
  return list;
}

}  // namespace orrery::sim::serving
