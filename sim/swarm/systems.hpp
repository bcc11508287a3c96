// Real systems whose availability was measured: data/lifetimes.toml.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/swarm/distribution.hpp"

namespace orrery::sim::swarm {

struct System {
  using Fits = std::vector<std::pair<std::string, Distribution>>;  // "weibull" -> fit; the first is the default
  std::string name;                                                // "skype06"
  std::string what;                                                // one line
  std::string source;
  Fits online;  // session lengths
  Fits absent;  // lengths of absences
};

// In the order of data/lifetimes.toml.
const std::vector<System>& systems();

// How long one session and one absence last.
struct Cycle {
  Distribution online, absent;
};
// `name` is a system, or system:family ("skype06:gamma"); InputError at `place` with the nearest name.
Cycle cycle_of(std::string_view name, std::string_view place);

}  // namespace orrery::sim::swarm
