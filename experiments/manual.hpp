// What can be written in a scenario, as the program's own registries and field lists tell it: behind `list`, `explain`
// and KEYS.md. Nothing here names a key or a policy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/fields.hpp"

namespace orrery::experiments {

// A section of a scenario, or one policy that a section can name.
struct Topic {
  std::string name;      // "serving", "routing.petals"
  std::string section;   // "serving", "routing"
  std::string policy;    // "petals"; empty for a section without policies
  std::string summary;   // one line
  std::string help;      // prose; empty for a section
  std::string citation;  // empty for a section
  sim::config::FieldList fields;
  std::string defaults{};   // every parameter of it as "key = value" lines; a policy's begin with its `policy` key
  bool of_scenario = true;  // false: it says what to do with the scenario
};

// Sections in the order in which they are documented, then the policies of every kind by name.
const std::vector<Topic>& topics();

// "sharding", "routing", ...: the sections that name a policy, in the order of a request's life.
const std::vector<std::string>& policy_kinds();

// The default of one field as TOML text.
std::string default_of(const Topic& topic, std::string_view key);

}  // namespace orrery::experiments
