#include "sim/config/registry.hpp"

namespace orrery::sim::config {

PolicyChoice take_policy(const Value& section, std::string_view prefix, std::string_view fallback) {
  VALIDATE(section.is_table(), section.place.text(), "'" + std::string(prefix) + "' has the wrong type",
           std::string(section.type_name()) + " is written here, a table belongs here",
           "Write a section [" + std::string(prefix) + "].");
  PolicyChoice choice{std::string(fallback), section.place, {}};
  Table parameters;
  for (const Entry& entry : section.table()) {
    if (entry.key != "policy") {
      parameters.push_back(entry);
      continue;
    }
    const auto* name = std::get_if<std::string>(&entry.value.data);
    VALIDATE(name, entry.value.place.text(), "'policy' has the wrong type",
             std::string(entry.value.type_name()) + " is written here, a string belongs here",
             "`orrery list " + std::string(prefix) + "` prints the names.");
    choice.name = *name;
    choice.place = entry.value.place;
  }
  choice.parameters.data = std::move(parameters);
  choice.parameters.place = section.place;
  return choice;
}

void fail_unknown_policy(const PolicyChoice& choice, std::string_view prefix, const std::vector<std::string>& names) {
  const std::string problem = "unknown " + std::string(prefix) + " policy '" + choice.name + "'";
  VALIDATE(!choice.parameters.find("plugin"), choice.place.text(), problem, "it came from a plugin",
           "Give that file with --plugin.");
  fail_input(choice.place.text(), problem, "no policy of this name is registered", suggest(choice.name, names));
}

}  // namespace orrery::sim::config
