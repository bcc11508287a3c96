// The [execution] section: where numbers and times come from.
#pragma once

#include <string>

#include "kernels/codec.hpp"
#include "sim/config/fields.hpp"

namespace orrery::sim::execution {

struct ExecutionParams {
  std::string mode = "model";
  std::string wire = "bf16";
  std::string experts = "node";
  double hop_overhead_s = 0.018;
  double compute_efficiency = 0;
  double bandwidth_efficiency = 0;
  double kv_passes = 1;
  // Measured by `orrery calibrate device`; 0: what the device's entry says.
  double node_gflops = 0;
  double node_gbytes_s = 0;
  double node_block_us = 0;
  double client_head_ms = 0;
  double entry_rate = 0;  // [byte/s]; 0: at once
  double keep_rate = 0;   // [byte/s]; 0: at once
  std::string profiles;   // path; empty: none
  std::string prompts;    // path; empty: the embedded held-out text
  std::string sampling = "nucleus";
  double temperature = 0;
  double top_p = 1;
  bool review_texts = false;
  static config::Fields<ExecutionParams> fields();

  kernels::WireFormat wire_format() const;
};

}  // namespace orrery::sim::execution
