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

// The file with its changes applied, unread.
sim::config::Value scenario_root(const ScenarioSource& source);

// Throws InputError; one about a key names the place where the key was written.
sim::serving::Scenario parse_scenario(const ScenarioSource& source);
// The same of a root that was changed further.
sim::serving::Scenario parse_scenario(const sim::config::Value& root, const std::string& path);

// Checks across keys know a key's name but not where it stands. An error that begins with a key ("swarm.trace: is
// missing") gets in front the place of the key, or of its section, or the file's name; any other stays as it is.
std::string with_place(const std::string& message, const ScenarioSource& source);
std::string with_place(const std::string& message, const sim::config::Value& root, const std::string& path);

}  // namespace orrery::experiments
