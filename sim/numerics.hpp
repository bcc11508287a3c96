// Populations of honest devices: whom a detector has to leave alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/arithmetic.hpp"
#include "sim/id.hpp"

namespace orrery::sim {

struct Population {
  std::string name;
  std::string what;
  Weights agreed = Weights::full;     // the precision that all agreed to serve
  std::vector<std::string> profiles;  // one of these is each device, as likely as any other (sim/arithmetic.hpp)
  std::vector<Arithmetic> members{};  // the same, parallel
};

const std::vector<Population>& populations();
std::vector<std::string> population_names();
// InputError at `place` that lists the names.
const Population& population(std::string_view name, std::string_view place);
// The first population whose members all of these devices are among; nothing where there is none.
const Population* population_of(const std::vector<Arithmetic>& devices);
// "canonical (canonical); fp32 (canonical, tile64, tile16); ...": what swarm.numerics may say for each.
std::string population_profiles();
// What this node's device computes with.
const Arithmetic& device_arithmetic(const Population& population, std::uint64_t seed, NodeId node);

}  // namespace orrery::sim
