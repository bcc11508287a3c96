// Populations of honest devices: who a detector has to leave alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/arithmetic.hpp"

namespace orrery::sim::detection {

struct Population {
  std::string name;
  std::string what;
  Weights agreed = Weights::full;   // the precision that all agreed to serve
  std::vector<Arithmetic> members;  // one of these is each device
};

const std::vector<Population>& populations();
// InputError at `place` that lists the names.
const Population& population(std::string_view name, std::string_view place);

}  // namespace orrery::sim::detection
