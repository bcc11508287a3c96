#include "sim/network/region.hpp"

#include <algorithm>

#include "data/facts.hpp"
#include "kernels/contract.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/toml.hpp"

namespace orrery::sim::network {
namespace {

struct Row : Region {
  std::vector<double> rtt_ms;  // to the rows before it, then to itself
  static config::Fields<Row> fields() {
    return config::Fields<Row>()
        .text("name", &Row::name, "how scenarios spell the region")
        .text("city", &Row::city, "where it was measured")
        .text("country", &Row::country, "ISO 3166 two-letter code")
        .real("latitude", &Row::latitude, "degree", "north", -90, 90)
        .real("longitude", &Row::longitude, "degree", "east", -180, 180)
        .real("share", &Row::share, "", "share of real nodes nearest to the region", 0, 1)
        .numbers("rtt_ms", &Row::rtt_ms, "ms", "round trips to the regions up to this one", 1e-3, 60000);
  }
};

// Read entry by entry rather than as one list of rows, so that an error stands at the region that it is about.
std::vector<Row> read_rows(const config::Value& root) {
  const config::Value* list = root.find("region");
  VALIDATE(list != nullptr && list->is_array(), root.place.file, "no list of regions", "each is a [[region]]");
  const config::FieldList fields = Row::fields().list();
  std::vector<Row> rows;
  for (const config::Value& item : list->array()) {
    const std::string place = item.place.text();
    VALIDATE(item.is_table(), place, "'region' is " + std::string(item.type_name()), "each is a [[region]]");
    Row row;
    config::read_fields(fields, &row, item);
    VALIDATE(!row.name.empty(), place, "a region has no name", "scenarios refer to regions by name");
    for (const Row& other : rows) {
      VALIDATE(other.name != row.name, place, "region '" + row.name + "' appears twice", "names are unique");
    }
    const config::Value* rtt = item.find("rtt_ms");
    VALIDATE(row.rtt_ms.size() == rows.size() + 1, rtt ? rtt->place.text() : place,
             "region '" + row.name + "' has " + std::to_string(row.rtt_ms.size()) + " round-trip times",
             "it needs one to each of the " + std::to_string(rows.size()) + " regions before it and one within itself");
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

RegionTable RegionTable::from_toml(const config::Value& root) {
  const std::vector<Row> rows = read_rows(root);
  RegionTable table;
  const std::size_t n = rows.size();
  table.rtt_.resize(n * n);
  for (std::size_t a = 0; a < n; ++a) {
    table.regions_.push_back(rows[a]);
    for (std::size_t b = 0; b <= a; ++b) {
      table.rtt_[a * n + b] = table.rtt_[b * n + a] = Duration::from_ms(rows[a].rtt_ms[b]);
    }
  }
  return table;
}

std::vector<std::string> RegionTable::names() const {
  std::vector<std::string> all;
  for (const Region& region : regions_) all.push_back(region.name);
  return all;
}

RegionId RegionTable::find(std::string_view name) const {
  const auto found = std::find_if(regions_.begin(), regions_.end(), [&](const Region& r) { return r.name == name; });
  return found == regions_.end() ? RegionId() : RegionId(static_cast<std::uint32_t>(found - regions_.begin()));
}

RegionId RegionTable::named(std::string_view name, std::string_view place) const {
  const RegionId id = find(name);
  VALIDATE(static_cast<bool>(id), place, "unknown region '" + std::string(name) + "'", "it is not in data/regions.toml",
           config::suggest(name, names()));
  return id;
}

const RegionTable& regions() {
  static const RegionTable table =
      RegionTable::from_toml(config::parse_toml(data::fact("regions.toml"), "data/regions.toml"));
  return table;
}

}  // namespace orrery::sim::network
