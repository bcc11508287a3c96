// The [serving] and [experiment] sections.
#pragma once

#include <cstdint>
#include <string>

#include "sim/config/fields.hpp"

namespace orrery::sim::serving {

struct ExperimentParams {
  std::string name = "run";
  std::int64_t seed = 1;
  double max_time_s = 86400;
  double sample_period_s = 10;
  static config::Fields<ExperimentParams> fields();
};

struct ServingParams {
  // Scheduling on a node.
  std::int64_t prefill_chunk = 256;
  std::int64_t max_batch_tokens = 512;
  std::int64_t max_batch_sessions = 64;
  std::string batching = "stage";
  // Memory of a node.
  std::int64_t cache_tokens = 4096;
  double memory_reserve_gib = 2;
  std::string kv_admission = "reserve";
  bool prefix_cache = true;
  // Failure handling at the client.
  double connect_timeout_s = 5;
  double step_timeout_s = 10;
  double probe_timeout_s = 2;
  double request_timeout_s = 600;
  double first_backoff_s = 1;
  double max_backoff_s = 60;
  std::int64_t max_attempts = 8;
  double ban_s = 15;
  double drain_s = 5;
  std::string stop = "length";
  // Service-level objective.
  double slo_ttft_s = 10;
  double slo_inter_token_s = 1;
  std::string client_device = "cpu-8";
  bool measure_placement = false;
  bool measure_regret = false;
  static config::Fields<ServingParams> fields();
};

}  // namespace orrery::sim::serving
