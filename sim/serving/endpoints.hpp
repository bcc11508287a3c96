// Where everybody's access link is: nodes, then clients, then the directory.
#pragma once

#include <vector>

#include "sim/network/topology.hpp"
#include "sim/serving/scenario.hpp"
#include "sim/swarm/population.hpp"

namespace orrery::sim::serving {

std::vector<network::Endpoint> make_endpoints(const Scenario& scenario, const std::vector<swarm::NodeSpec>& nodes);

}  // namespace orrery::sim::serving
