#include "experiments/scenario_file.hpp"

#include <algorithm>
#include <string_view>

#include "kernels/contract.hpp"
#include "sim/config/toml.hpp"

namespace orrery::experiments {
namespace {

using sim::config::Entry;
using sim::config::Value;

// The entry of the longest part of a dotted key that was written, or nullptr.
const Entry* written(const Value& root, std::string_view key) {
  const Entry* found = nullptr;
  const Value* table = &root;
  while (table && table->is_table() && !key.empty()) {
    const std::string_view name = key.substr(0, key.find('.'));
    const Entry* next = nullptr;
    for (const Entry& entry : table->table()) {
      if (entry.key == name) next = &entry;
    }
    if (!next) break;
    found = next;
    table = &next->value;
    key.remove_prefix(std::min(key.size(), name.size() + 1));
  }
  return found;
}

}  // namespace

Value scenario_root(const ScenarioSource& source) {
  Value root = sim::config::parse_toml(source.text, source.path);
  for (const std::string& change : source.changes) {
    const std::size_t equals = change.find('=');
    VALIDATE(equals != std::string::npos, "--set " + change, "no value", "a change is key=value",
             "Write --set section.key=value.");
    sim::config::set_key(root, std::string_view(change).substr(0, equals), std::string_view(change).substr(equals + 1));
  }
  if (source.seed) sim::config::set_key(root, "experiment.seed", std::to_string(*source.seed));
  return root;
}

sim::serving::Scenario parse_scenario(const ScenarioSource& source) {
  const Value root = scenario_root(source);
  for (const Entry& entry : root.table()) {
    VALIDATE(entry.key != "sweep", entry.place.text(), "this scenario is many runs", "it has a section [sweep]",
             "Use `orrery sweep`, or choose one of its rows with --row.");
  }
  return parse_scenario(root, source.path);
}

sim::serving::Scenario parse_scenario(const Value& root, const std::string& path) {
  try {
    return sim::serving::Scenario::read(root);
  } catch (const InputError& error) {
    throw InputError(with_place(error.what(), root, path));
  }
}

std::string with_place(const std::string& message, const ScenarioSource& source) {
  return with_place(message, scenario_root(source), source.path);
}

std::string with_place(const std::string& message, const Value& root, const std::string& path) {
  const std::string key = message.substr(0, message.find(": "));
  if (key.find_first_of(" :/") != std::string::npos) return message;
  if (const Entry* entry = written(root, key)) return entry->place.text() + ": " + message;
  return key.find('.') == std::string::npos ? message : path + ": " + message;
}

}  // namespace orrery::experiments
