// Number formats by name, as scenarios spell them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orrery::sim::workload {

// "fp32", "fp16", "bf16", "int8", "int4".
const std::vector<std::string>& dtypes();

// Bytes one parameter takes, scales included: 4, 2, 2, 1 and 4.25/8 (4-bit NF4 with a 16-bit scale per 64 values, as
// Petals counts it). ContractError for another name.
double bytes_per_parameter(std::string_view dtype);

}  // namespace orrery::sim::workload
