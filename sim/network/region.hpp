// City regions and the round-trip times between them, as measured (data/regions.toml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/value.hpp"
#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim::network {

struct Region {
  std::string name;  // how scenarios spell it: "frankfurt"
  std::string city;
  std::string country;   // ISO 3166 two-letter code; also a class of data/access.toml
  double latitude = 0;   // [degree north]
  double longitude = 0;  // [degree east]
  double share = 0;      // of the nodes of real peer-to-peer networks, those nearest to this region
};

// All regions with their matrix; RegionId is an index into it.
class RegionTable {
 public:
  // Reads the layout of data/regions.toml. Throws InputError at the place of a missing, surplus or non-positive
  // round-trip time, of a negative share and of a region without a name or named twice.
  static RegionTable from_toml(const config::Value& root);

  int size() const { return static_cast<int>(regions_.size()); }
  const Region& operator[](RegionId id) const { return regions_.at(id.index()); }
  std::vector<std::string> names() const;
  RegionId find(std::string_view name) const;  // "none" if there is no such region
  // As find, but an unknown name is an InputError at `place` that names the nearest region.
  RegionId named(std::string_view name, std::string_view place) const;
  // Median of measured pings, both directions; for a == b, between different hosts of the region. Symmetric, > 0.
  Duration rtt(RegionId a, RegionId b) const { return rtt_.at(a.index() * regions_.size() + b.index()); }

 private:
  std::vector<Region> regions_;
  std::vector<Duration> rtt_;  // [size][size]
};

// The embedded data/regions.toml, read at the first call.
const RegionTable& regions();

}  // namespace orrery::sim::network
