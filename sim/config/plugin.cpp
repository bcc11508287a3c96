#include "sim/config/plugin.hpp"

#include "kernels/contract.hpp"

namespace orrery::sim::config {

Boarding& boarding() {
  static Boarding now;
  return now;
}

Value without_plugin(const Value& section, const std::string& plugin) {
  Value rest = section;
  std::erase_if(std::get<Table>(rest.data), [&](const Entry& entry) {
    if (entry.key != "plugin") return false;
    const auto* written = std::get_if<std::string>(&entry.value.data);
    VALIDATE(written && *written == plugin, entry.value.place.text(), "this policy was loaded from another plugin",
             "the file given with --plugin has the hash " + plugin,
             "Give the file that this scenario was run with, or leave the key out.");
    return true;
  });
  return rest;
}

}  // namespace orrery::sim::config
