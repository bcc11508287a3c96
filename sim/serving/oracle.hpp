// The swarm as it is, for references that no participant could be: oracle policies and the measurement of regret.
// Everybody else sees announcements, as old as they are.
#pragma once

#include <functional>

#include "sim/serving/messages.hpp"

namespace orrery::sim::serving {

struct Oracle {
  std::function<Snapshot()> present;              // every node that serves, as it is now
  std::function<Time(NodeId node)> serves_until;  // when its session ends
};

}  // namespace orrery::sim::serving
