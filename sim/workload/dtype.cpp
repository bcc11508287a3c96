#include "sim/workload/dtype.hpp"

#include "kernels/contract.hpp"

namespace orrery::sim::workload {

const std::vector<std::string>& dtypes() {
  static const std::vector<std::string> names{"fp32", "fp16", "bf16", "int8", "int4"};
  return names;
}

double bytes_per_parameter(std::string_view dtype) {
  if (dtype == "fp32") return 4;
  if (dtype == "fp16" || dtype == "bf16") return 2;
  if (dtype == "int8") return 1;
  EXPECT(dtype == "int4");
  return 4.25 / 8;
}

}  // namespace orrery::sim::workload
