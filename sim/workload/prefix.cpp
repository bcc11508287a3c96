#include "sim/workload/prefix.hpp"

#include "sim/random.hpp"

namespace orrery::sim::workload {
namespace {
constexpr std::uint64_t group_draw = 1u << 21;  // of the stream of lengths, away from those of lengths and of texts
}

Prefix prefix_of(const WorkloadParams& params, std::uint64_t seed, std::uint32_t index) {
  if (params.prefix_groups == 0) return {};
  Draw draw(seed, Stream::length, index, group_draw);
  const std::uint64_t group = draw.below(static_cast<std::uint64_t>(params.prefix_groups));
  return {static_cast<std::uint32_t>(group), params.prefix_tokens};
}

}  // namespace orrery::sim::workload
