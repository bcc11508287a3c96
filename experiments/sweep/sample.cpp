#include "experiments/sweep/sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/random.hpp"

namespace orrery::experiments::sweep {
namespace {

// Where on the axis each point stands, in [0, 1).
std::vector<double> shares(const SweepParams& params, std::size_t axis) {
  sim::Draw draw(static_cast<std::uint64_t>(params.sample_seed), sim::Stream::design, static_cast<std::uint32_t>(axis));
  const auto count = static_cast<std::size_t>(params.samples);
  std::vector<double> shares(count);
  if (params.sample == "random") {
    for (double& share : shares) share = draw.uniform();
    return shares;
  }
  // Latin hypercube: one point in each of `count` equal parts, the parts in random order.
  std::vector<std::size_t> part(count);
  std::iota(part.begin(), part.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) std::swap(part[i - 1], part[draw.below(i)]);
  for (std::size_t i = 0; i < count; ++i) {
    shares[i] = (static_cast<double>(part[i]) + draw.uniform()) / static_cast<double>(count);
  }
  return shares;
}

// Every integer of a range is as likely as the others, its ends too.
sim::config::Value value_at(const Range& range, double share) {
  if (!range.whole || range.scale == "log") return range.at(share);
  const double width = range.to - range.from;
  sim::config::Value value = range.at(0);
  const double step = std::min(std::floor(share * (std::fabs(width) + 1)), std::fabs(width));
  std::get<std::int64_t>(value.data) += static_cast<std::int64_t>(width < 0 ? -step : step);
  return value;
}

}  // namespace

void sample_axes(std::vector<Axis>& axes, const SweepParams& params) {
  for (std::size_t a = 0; a < axes.size(); ++a) {
    Axis& axis = axes[a];
    std::vector<Level> levels;
    for (const double share : shares(params, a)) {
      if (axis.range) {
        levels.push_back(level_of(axis.name, value_at(*axis.range, share)));
      } else {
        levels.push_back(axis.levels[static_cast<std::size_t>(share * static_cast<double>(axis.levels.size()))]);
      }
    }
    axis.levels = std::move(levels);
    axis.range.reset();
  }
}

}  // namespace orrery::experiments::sweep
