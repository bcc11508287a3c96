#include "sim/network/access.hpp"

#include "data/facts.hpp"
#include "kernels/contract.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/toml.hpp"
#include "sim/network/params.hpp"

namespace orrery::sim::network {
namespace {

struct Row {
  std::string name;
  double up_mbit = 0;
  double down_mbit = 0;
  double latency_ms = 0;
  static config::Fields<Row> fields() {
    return config::Fields<Row>()
        .text("name", &Row::name, "how scenarios spell the class")
        .real("up_mbit", &Row::up_mbit, "Mbit/s", "from the host", 1e-3, 1e6)
        .real("down_mbit", &Row::down_mbit, "Mbit/s", "to the host", 1e-3, 1e6)
        .real("latency_ms", &Row::latency_ms, "ms", "one way, of the access network", 0, 10000);
  }
};

}  // namespace

std::vector<Access> read_accesses(const config::Value& root) {
  const config::Value* rows = root.find("access");
  VALIDATE(rows != nullptr && rows->is_array(), root.place.file, "no list of access links", "it is named 'access'");
  const config::FieldList fields = Row::fields().list();
  std::vector<Access> list;
  for (const config::Value& item : rows->array()) {
    Row row;
    config::read_fields(fields, &row, item);
    VALIDATE(!row.name.empty(), item.place.text(), "an access link has no name", "scenarios refer to links by name");
    VALIDATE(row.up_mbit > 0 && row.down_mbit > 0, item.place.text(), "access link '" + row.name + "' lacks a rate",
             "a link needs up_mbit and down_mbit");
    list.push_back({row.name, from_mbit(row.up_mbit), from_mbit(row.down_mbit), Duration::from_ms(row.latency_ms)});
  }
  return list;
}

const std::vector<Access>& accesses() {
  static const std::vector<Access> list =
      read_accesses(config::parse_toml(data::fact("access.toml"), "data/access.toml"));
  return list;
}

const Access& access(std::string_view name, std::string_view place) {
  std::vector<std::string> names;
  for (const Access& entry : accesses()) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  fail_input(place, "unknown access link '" + std::string(name) + "'", "it is not in data/access.toml",
             config::suggest(name, names));
}

}  // namespace orrery::sim::network
