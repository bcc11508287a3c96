#include "sim/sharding/pipelines.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/contract.hpp"

namespace orrery::sim::sharding {
namespace {

// Whole lengths for exact shares: rounds down, then gives the blocks still missing to the largest fractions. Every
// share is below its cap, so one block more always fits.
void round_shares(int blocks, std::span<const std::size_t> parts, std::span<const double> shares,
                  std::vector<int>& lengths) {
  std::vector<std::pair<double, std::size_t>> fractions;  // (minus the fraction, part): sorts by largest, then first
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const double whole = std::floor(shares[k]);
    lengths[parts[k]] = static_cast<int>(whole);
    blocks -= static_cast<int>(whole);
    fractions.emplace_back(whole - shares[k], parts[k]);
  }
  EXPECT(0 <= blocks && blocks <= static_cast<int>(parts.size()));
  std::sort(fractions.begin(), fractions.end());
  for (int k = 0; k < blocks; ++k) ++lengths[fractions[k].second];
}

}  // namespace

std::vector<int> apportion(int blocks, std::span<const double> weights, std::span<const int> caps) {
  EXPECT(weights.size() == caps.size());
  EXPECT(0 <= blocks && blocks <= std::accumulate(caps.begin(), caps.end(), 0));
  std::vector<int> lengths(caps.size(), 0);
  std::vector<std::size_t> open(caps.size());
  std::iota(open.begin(), open.end(), std::size_t{0});
  std::vector<double> shares;
  // Each round fills the parts whose share exceeds their cap and shares the rest out anew; a round that fills none is
  // last.
  while (blocks > 0) {
    double total = 0;
    for (std::size_t i : open) total += weights[i];
    shares.clear();
    for (std::size_t i : open) {
      shares.push_back(total > 0 ? blocks * (weights[i] / total) : static_cast<double>(blocks) / open.size());
    }
    std::vector<std::size_t> still_open;
    int taken = 0;
    for (std::size_t k = 0; k < open.size(); ++k) {
      if (shares[k] >= caps[open[k]]) {
        lengths[open[k]] = caps[open[k]];
        taken += caps[open[k]];
      } else {
        still_open.push_back(open[k]);
      }
    }
    if (still_open.size() == open.size()) {
      round_shares(blocks, open, shares, lengths);
      break;
    }
    blocks -= taken;
    open = std::move(still_open);
  }
  return lengths;
}

int capacity(const NodeView& node, int blocks) { return std::clamp(node.max_blocks, 0, blocks); }

std::vector<BlockSpan> fill_pipelines(const SwarmView& view, std::span<const double> weights) {
  EXPECT(weights.size() == view.nodes.size());
  std::vector<BlockSpan> spans(view.nodes.size());
  std::vector<int> caps;
  bool complete = false;
  std::size_t first = 0;  // node that opens the pipeline being filled
  int held = 0;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    caps.push_back(capacity(view.nodes[i], view.blocks));
    held += caps.back();
    const bool last = i + 1 == view.nodes.size();
    if (held < view.blocks && (complete || !last)) continue;
    // Either the model fits, or this is a swarm that cannot hold it and shows what it can.
    const std::vector<int> lengths = apportion(std::min(held, view.blocks), weights.subspan(first, caps.size()), caps);
    int begin = 0;
    for (std::size_t k = 0; k < lengths.size(); ++k) {
      if (lengths[k] > 0) spans[first + k] = {begin, begin + lengths[k]};
      begin += lengths[k];
    }
    complete = true;
    first = i + 1;
    held = 0;
    caps.clear();
  }
  return spans;
}

}  // namespace orrery::sim::sharding
