// Policies that a shared object brings (`--plugin`): the same file, the same ORRERY_REGISTER. The canonical text of
// such a policy holds the hash of the object beside its name, so that two builds never share a run's id:
//
//   routing.policy = "near_first"
//   routing.plugin = "0123456789abcdef"
//   routing.queue_weight = 1.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/config/registry.hpp"

namespace orrery::sim::config {

// What the object that is being loaded registers. `plugin` is empty at every other time.
struct Boarding {
  std::string plugin;                // its hash
  std::vector<std::string> names;    // of policies that it brought
  std::vector<std::string> refused;  // of those whose name another policy of their kind has
};
Boarding& boarding();

// A section without its key `plugin`, which must be the given hash where it is written. InputError.
Value without_plugin(const Value& section, const std::string& plugin);

// The dynamic linker runs this, and must not meet an exception: a name that is taken is noted for the loader.
template <class Policy, class Concrete>
bool board() {
  typename Registry<Policy>::Record record{Concrete::about(), Concrete::Params::fields().list(), {}};
  record.make = [fields = record.fields, name = record.about.name, plugin = boarding().plugin](
                    const Value& parameters, std::string_view prefix) {
    typename Concrete::Params params{};
    read_fields(fields, &params, without_plugin(parameters, plugin));
    const std::string dot = prefix.empty() ? "" : std::string(prefix) + ".";
    Made<Policy> made;
    made.policy = std::make_unique<Concrete>(params);
    made.canonical = dot + "policy = " + write_text(name) + "\n" + dot + "plugin = " + write_text(plugin) + "\n" +
                     write_fields(fields, &params, dot);
    return made;
  };
  auto& registry = Registry<Policy>::instance();
  const bool taken = registry.records().contains(record.about.name);
  (taken ? boarding().refused : boarding().names).push_back(record.about.name);
  if (!taken) registry.add(std::move(record));
  return !taken;
}

}  // namespace orrery::sim::config

#ifdef ORRERY_PLUGIN
#undef ORRERY_REGISTER
#define ORRERY_REGISTER(Policy, Concrete) \
  [[maybe_unused]] static const bool orrery_registered_##Concrete = ::orrery::sim::config::board<Policy, Concrete>()
#endif
