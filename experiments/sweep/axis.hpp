// One axis of a sweep: the levels that a key, or a bundle of keys, takes.
#pragma once

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

struct Axis {
  std::string name;  // the key, or what variants call it
  bool numeric = false;
  std::vector<Level> levels;
};

// The axes of a [sweep] section: keys in the order of the file, then variants in the order in which they first appear.
// InputError at the place of what is wrong.
std::vector<Axis> read_axes(const SweepParams& params);

}  // namespace orrery::experiments::sweep
