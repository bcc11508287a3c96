// Where everybody's access link is: nodes, then clients, then the directory.
#pragma once

#include <vector>

#include "sim/network/topology.hpp"
#include "sim/serving/scenario.hpp"
#include "sim/swarm/population.hpp"

namespace orrery::sim::serving {

// One by one. Whether node `index` is behind NAT is drawn.
network::Endpoint node_endpoint(const Scenario& scenario, const swarm::NodeSpec& node, std::uint32_t index);
network::Endpoint client_endpoint(const Scenario& scenario, RegionId region);
network::Endpoint directory_endpoint(const Scenario& scenario);

std::vector<network::Endpoint> make_endpoints(const Scenario& scenario, const std::vector<swarm::NodeSpec>& nodes);

}  // namespace orrery::sim::serving
