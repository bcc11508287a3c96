// The [sweep] section of a scenario file: which runs `orrery sweep` makes of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/fields.hpp"

namespace orrery::experiments {

sim::config::Value empty_table();

// One level of an axis of named bundles of settings.
struct Variant {
  std::string axis = "variant";
  std::string name;
  sim::config::Value set = empty_table();
  static sim::config::Fields<Variant> fields();
};

struct SweepParams {
  std::int64_t replicas = 1;
  std::string stop_metric;
  double stop_half_width = 0.05;
  std::int64_t max_replicas = 0;
  std::string sample = "grid";
  std::int64_t samples = 0;
  std::int64_t sample_seed = 1;
  std::int64_t ranks_per_run = 1;
  sim::config::Value over = empty_table();
  std::vector<Variant> variant;
  bool series = false;
  bool requests = false;
  static sim::config::Fields<SweepParams> fields();

  bool stops() const { return !stop_metric.empty(); }
  std::int64_t most_replicas() const { return stops() ? max_replicas : replicas; }
};

void validate(const SweepParams& params);

// For `orrery explain sweep`.
inline constexpr const char* sweep_summary = "the runs that `orrery sweep` makes of a scenario";
extern const char* const sweep_help;

}  // namespace orrery::experiments
