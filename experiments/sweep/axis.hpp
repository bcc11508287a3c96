// One axis of a sweep: the levels that a key, or a bundle of keys, takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/sweep_section.hpp"
#include "sim/config/value.hpp"

namespace orrery::experiments::sweep {

struct Level {
  std::string label;                                                 // "2", "petals"
  double number = 0;                                                 // of a numeric axis
  std::vector<std::pair<std::string, sim::config::Value>> settings;  // dotted key and value
};

// Numbers between two ends.
struct Range {
  double from = 0;
  double to = 0;
  std::int64_t steps = 0;
  std::string scale = "linear";
  bool whole = false;  // integers only
  sim::config::Place place;

  sim::config::Value at(double share) const;  // 0: from, 1: to
};

struct Axis {
  std::string name;  // the key, or what variants call it
  bool numeric = false;
  std::vector<Level> levels;     // of a sampled sweep: one a point
  sim::config::Place place{};    // of the key
  std::optional<Range> range{};  // of a sampled sweep, until it is sampled
};

// The axes of a [sweep] section: keys in the order of the file, then variants in the order in which they first appear.
// Where points are sampled, ranges have no levels yet. InputError at the place of what is wrong.
std::vector<Axis> read_axes(const SweepParams& params);

// The level of a key that has this value.
Level level_of(const std::string& key, const sim::config::Value& value);

}  // namespace orrery::experiments::sweep
