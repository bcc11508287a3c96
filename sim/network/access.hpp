// Access links by name: a country's mean consumer line, or a class such as "cable" (data/access.toml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/value.hpp"
#include "sim/units.hpp"

namespace orrery::sim::network {

struct Access {
  std::string name;     // "DE", "cable", "datacentre"
  BytesPerSecond up;    // > 0
  BytesPerSecond down;  // > 0
  Duration latency;     // one way, from the host to the first data centre of its region; >= 0
};

// All of the embedded data/access.toml, in its order; read at the first call.
const std::vector<Access>& accesses();
// Reads the layout of data/access.toml; InputError at the place of a rate that is missing or not positive.
std::vector<Access> read_accesses(const config::Value& root);

// The one of this name; an unknown name is an InputError at `place` that names the nearest.
const Access& access(std::string_view name, std::string_view place = {});

}  // namespace orrery::sim::network
