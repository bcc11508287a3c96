// Stages as long as their nodes are strong.
#include <algorithm>
#include <cmath>
#include <string>

#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"
#include "sim/sharding/window.hpp"

namespace orrery::sim::sharding {
namespace {

// Who serves what so far: servers per block, and the swarm's blocks per unit of weight.
struct Served {
  std::vector<double> servers;  // [nodes] per block
  double blocks = 0;            // summed over the nodes that serve
  double weight = 0;            // of the same nodes

  void add(BlockSpan span, double node_weight) {
    if (span.empty()) return;
    add_load(servers, span, 1);
    blocks += span.size();
    weight += node_weight;
  }

  // For a node that can hold `room` >= 1 blocks.
  BlockSpan choose(double node_weight, int room) const {
    double length = room;
    if (weight > 0) length = std::clamp(std::round(node_weight * (blocks / weight)), 1.0, static_cast<double>(room));
    int longest_gap = 0;
    for (BlockSpan gap = next_gap(servers, 0); !gap.empty(); gap = next_gap(servers, gap.end)) {
      longest_gap = std::max(longest_gap, gap.size());
    }
    const int width = std::max(static_cast<int>(length), std::min(room, longest_gap));
    const int start = thinnest_start(servers, width);
    return {start, start + width};
  }
};

class Proportional final : public ShardingPolicy {
 public:
  struct Params {
    std::string by = "memory";
    static Fields<Params> fields() {
      return Fields<Params>().choice(
          "by", &Params::by, {"memory", "compute", "bandwidth"},
          "what a stage's length is proportional to: memory bytes, compute flop/s, or memory "
          "bandwidth in byte/s (what bounds decoding)");
    }
  };
  static About about() {
    return {
        "proportional", "stages as long as their nodes are strong, under their memory",
        "Nodes in order of their id form pipelines: as few as hold the whole model cut it into consecutive stages "
        "whose lengths are proportional to the nodes' memory, compute or memory bandwidth; a stage that exceeds "
        "max_blocks is cut there and the rest goes to the others in proportion, and fractions of a block go to the "
        "largest remainders. Pipelines are filled one after another until the nodes are used up. A node left over "
        "or joining later takes as many blocks as the swarm serves per unit of its weight (at least one; more if a "
        "longer run of blocks has no server and its memory allows), there where the fewest nodes serve: the run "
        "whose sorted server counts come first, ties to the lowest start. Nobody moves once it serves. Links are "
        "not looked at, and the order of a pipeline's nodes is that of their ids. A swarm that cannot hold the "
        "model is filled from block 0 on and leaves its end uncovered. Pipelines by id, replication and joining are "
        "ours.",
        "exo's ring memory-weighted partitioning (github.com/exo-explore/exo) for by = \"memory\"; the rest: ours"};
  }
  explicit Proportional(const Params& params) : params_(params) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw&) const override {
    std::vector<double> weights;
    for (const NodeView& node : view.nodes) weights.push_back(weight(node));
    std::vector<BlockSpan> spans = fill_pipelines(view, weights);
    Served served{std::vector<double>(view.blocks, 0.0)};
    for (std::size_t i = 0; i < spans.size(); ++i) served.add(spans[i], weights[i]);
    for (std::size_t i = 0; i < spans.size(); ++i) {
      const int room = capacity(view.nodes[i], view.blocks);
      if (!spans[i].empty() || room == 0) continue;
      spans[i] = served.choose(weights[i], room);
      served.add(spans[i], weights[i]);
    }
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    Served served{std::vector<double>(view.blocks, 0.0)};
    for (std::size_t i = 0; i < view.nodes.size(); ++i) {
      if (i != self) served.add(view.nodes[i].span, weight(view.nodes[i]));
    }
    const int room = capacity(view.nodes[self], view.blocks);
    return room == 0 ? BlockSpan{} : served.choose(weight(view.nodes[self]), room);
  }

 private:
  double weight(const NodeView& node) const {
    if (params_.by == "compute") return node.compute_flops;
    if (params_.by == "bandwidth") return node.memory_bandwidth;
    return node.memory_bytes;
  }

  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Proportional);

}  // namespace
}  // namespace orrery::sim::sharding
