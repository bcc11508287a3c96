// The name under which a cheat's detection rates are kept.
#pragma once

#include <string>

#include "sim/behaviour/policy.hpp"

namespace orrery::sim::behaviour {

// With its usual parameter a cheat goes by its name alone.
inline std::string measured_as(const std::string& name, double value, double usual) {
  return value == usual ? name : name + ":" + config::write_real(value);
}

}  // namespace orrery::sim::behaviour
