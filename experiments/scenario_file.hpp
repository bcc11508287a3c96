// From a scenario file and the command line's changes to a Scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/serving/scenario.hpp"

namespace orrery::experiments {

struct ScenarioSource {
  std::string path;                  // for messages
  std::string text;                  // what the file holds
  std::vector<std::string> changes;  // "key=value", applied in order
  std::optional<std::int64_t> seed;  // of the command line; applied last
};

// Throws InputError; one about a key names the place where the key was written.
sim::serving::Scenario parse_scenario(const ScenarioSource& source);

}  // namespace orrery::experiments
