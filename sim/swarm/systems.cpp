#include "sim/swarm/systems.hpp"

#include <cmath>

#include "data/facts.hpp"
#include "kernels/contract.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/toml.hpp"

namespace orrery::sim::swarm {
namespace {

constexpr double hour = 3600;  // the facts are in hours

std::vector<double> numbers(const std::string& name, const config::Value& value, double low) {
  config::FieldInfo field;
  field.name = name;
  field.unit = "hour";
  field.low = low;
  field.high = 1e9;
  return config::read_numbers(field, value);
}

Distribution quantiles(const config::Value& value) {
  std::vector<std::pair<double, double>> points;
  VALIDATE(value.is_array(), value.place.text(), "'quantiles' is " + std::string(value.type_name()),
           "it must be an array of [probability, hours]");
  for (const config::Value& item : value.array()) {
    const std::vector<double> pair = numbers("quantiles", item, 0);
    VALIDATE(pair.size() == 2, item.place.text(), "has " + std::to_string(pair.size()) + " numbers",
             "a quantile is [probability, hours]");
    points.emplace_back(pair[0], pair[1] * hour);
  }
  return Distribution::of(Quantiles(std::move(points)));
}

Distribution fit(const config::Entry& entry) {
  if (entry.key == "quantiles") return quantiles(entry.value);
  const std::string place = entry.place.text();
  const auto family = family_named(entry.key);
  const bool one = family == Distribution::Family::exponential;
  const std::vector<double> p = numbers(entry.key, entry.value, -1e9);
  VALIDATE(p.size() == (one ? 1u : 2u), place, "has " + std::to_string(p.size()) + " parameters",
           "the family takes " + std::string(one ? "its mean" : "two"));
  switch (family) {
    case Distribution::Family::exponential:
      return Distribution::of(family, p[0] * hour, 0);
    case Distribution::Family::lognormal:
      return Distribution::of(family, p[0] + std::log(hour), p[1]);
    default:
      return Distribution::of(family, p[0], p[1] * hour);
  }
}

System::Fits fits(const config::Value& system, const char* side) {
  const config::Value* table = system.find(side);
  VALIDATE(table != nullptr && table->is_table() && !table->table().empty(), system.place.text(),
           "has no fits of '" + std::string(side) + "'", "a system says how long nodes stay and stay away");
  System::Fits all;
  for (const config::Entry& entry : table->table()) all.emplace_back(entry.key, fit(entry));
  return all;
}

std::string text(const config::Value& system, const char* key) {
  const config::Value* value = system.find(key);
  VALIDATE(value != nullptr, system.place.text(), "has no '" + std::string(key) + "'", "every fact carries one");
  config::FieldInfo field;
  field.name = key;
  return config::read_text(field, *value);
}

const Distribution* find(const System::Fits& fits, std::string_view family) {
  if (family.empty()) return &fits.front().second;
  for (const auto& [name, distribution] : fits) {
    if (name == family) return &distribution;
  }
  return nullptr;
}

}  // namespace

const std::vector<System>& systems() {
  static const std::vector<System> all = [] {
    const config::Value root = config::parse_toml(data::fact("lifetimes.toml"), "lifetimes.toml");
    const config::Value* list = root.find("system");
    VALIDATE(list != nullptr && list->is_array(), "lifetimes.toml", "no list of systems", "each is a [[system]]");
    std::vector<System> systems;
    for (const config::Value& item : list->array()) {
      systems.push_back(
          {text(item, "name"), text(item, "what"), text(item, "source"), fits(item, "online"), fits(item, "absent")});
    }
    return systems;
  }();
  return all;
}

Cycle cycle_of(std::string_view name, std::string_view place) {
  const std::size_t colon = name.find(':');
  const std::string_view system_name = name.substr(0, colon);
  const std::string_view family = colon == std::string_view::npos ? std::string_view() : name.substr(colon + 1);
  std::vector<std::string> known{"none", "trace"};
  known.insert(known.end(), family_names().begin(), family_names().end());
  for (const System& system : systems()) {
    known.push_back(system.name);
    if (system.name != system_name) continue;
    const Distribution* online = find(system.online, family);
    const Distribution* absent = find(system.absent, family);
    if (online != nullptr && absent != nullptr) return {*online, *absent};
    std::vector<std::string> families;
    for (const auto& [key, distribution] : system.online) {
      if (find(system.absent, key) != nullptr) families.push_back(system.name + ":" + key);
    }
    fail_input(place, "unknown lifetime '" + std::string(name) + "'", "that system was not fitted with this family",
               families.empty() ? "Use '" + system.name + "'." : config::suggest(name, families));
  }
  fail_input(place, "unknown lifetime '" + std::string(name) + "'", "it is neither a family nor in data/lifetimes.toml",
             config::suggest(system_name, known));
}

}  // namespace orrery::sim::swarm
