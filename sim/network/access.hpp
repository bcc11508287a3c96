// Access links by name: a country's mean consumer line, or a class such as "cable" (data/access.toml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::network {

struct Access {
  std::string name;  // "DE", "cable", "datacentre"
  BytesPerSecond up;
  BytesPerSecond down;
  Duration latency;  // one way, from the host to where the region's backbone begins
};

// All of data/access.toml, in its order.
std::vector<Access> accesses();

// One of them; an unknown name is an InputError at `place` that names the nearest.
Access access(std::string_view name, std::string_view place = {});

}  // namespace orrery::sim::network
