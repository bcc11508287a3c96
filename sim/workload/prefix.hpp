// Which beginning a request shares with others.
#pragma once

#include <cstdint>

#include "sim/workload/params.hpp"
#include "sim/workload/request.hpp"

namespace orrery::sim::workload {

// The prefix of request `index`: a pure function of (parameters, seed, index), so that any rank can tell. Groups are
// equally likely.
Prefix prefix_of(const WorkloadParams& params, std::uint64_t seed, std::uint32_t index);

}  // namespace orrery::sim::workload
