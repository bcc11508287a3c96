// What kinds of machine there are: one class per line of data/devices.toml, each number with its source there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/fields.hpp"
#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim::swarm {

// Rates are vendor peaks (dense, no sparsity); the efficiencies turn them into what inference engines reach:
//   time of a batch of matrix products  = flops / (peak(dtype) * compute_efficiency)
//   time of reading weights or KV       = bytes / (memory_bandwidth * bandwidth_efficiency)
// plus block_overhead_s for every block passed and stage_overhead_s for every stage call.
struct DeviceClass {
  std::string name;  // "rtx-4090"
  std::string what;  // one line
  FlopsPerSecond fp32, fp16, bf16, int8, int4;
  Bytes memory;  // for weights and KV cache
  BytesPerSecond memory_bandwidth;
  double compute_efficiency = 0;    // (0, 1]
  double bandwidth_efficiency = 0;  // (0, 1]
  double block_overhead_s = 0;      // kernel launches and other fixed time, per block and pass
  double stage_overhead_s = 0;      // entering and leaving the device once, per stage call
  double tdp_w = 0;
  std::string source;

  // Peak rate of "fp32", "fp16", "bf16", "int8" or "int4"; ContractError for another name. A type that the device does
  // not accelerate has the rate of the type it is widened to.
  FlopsPerSecond peak(std::string_view dtype) const;
};

// All classes in the order of data/devices.toml; DeviceId indexes this list.
const std::vector<DeviceClass>& devices();
const DeviceClass& device(DeviceId id);
// Class = share of consumers' machines that have such a card (Steam Hardware Survey, April 2026); the default
// population.
const config::Mix& consumer_devices();
// The class of this name; InputError with the nearest name, at `place`, if there is none.
DeviceId device_named(std::string_view name, std::string_view place);

}  // namespace orrery::sim::swarm
