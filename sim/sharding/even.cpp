// Equal consecutive stages, replicated over the nodes in turn.
#include <algorithm>
#include <map>
#include <utility>

#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"
#include "sim/sharding/window.hpp"

namespace orrery::sim::sharding {
namespace {

// The stages that are announced, and how many nodes serve each block.
class Stages {
 public:
  explicit Stages(int blocks) : servers_(blocks, 0.0) {}

  void add(BlockSpan span) {
    if (span.empty()) return;
    add_load(servers_, span, 1);
    stages_[{span.begin, span.end}] += 1;
  }

  // For a node that can hold `room` >= 1 blocks.
  BlockSpan choose(int room) const {
    const BlockSpan gap = next_gap(servers_, 0);
    if (!gap.empty()) return {gap.begin, std::min(gap.end, gap.begin + room)};
    BlockSpan best;
    double fewest = 0;
    for (const auto& [stage, replicas] : stages_) {
      if (stage.second - stage.first > room) continue;
      if (!best.empty() && replicas >= fewest) continue;
      best = {stage.first, stage.second};
      fewest = replicas;
    }
    if (!best.empty()) return best;
    const int start = thinnest_start(servers_, room);
    return {start, start + room};
  }

 private:
  std::vector<double> servers_;                // [nodes] per block
  std::map<std::pair<int, int>, int> stages_;  // (begin, end) -> nodes; ordered, so ties go to the lowest start
};

class Even final : public ShardingPolicy {
 public:
  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  static About about() {
    return {
        "even", "equal consecutive stages, replicated over the nodes in turn",
        "Nodes in order of their id form pipelines: as few as hold the whole model (max_blocks each) cut it into "
        "equal consecutive stages, the longer ones first; a node too small for its equal share takes what it holds "
        "and the others share the rest equally. The next nodes form the next replica of the pipeline. In a swarm of "
        "equal nodes that is ceil(blocks / max_blocks) stages, dealt out in turn. Nodes left over, and nodes that "
        "join later, first fill the lowest run of blocks that nobody serves; otherwise they take the announced "
        "stage with the fewest replicas that fits their memory (ties to the lowest start), or, where every stage is "
        "too long for them, the run of blocks with the fewest servers. Nobody moves once it serves. Assumes that "
        "nodes are alike: speed and links are not looked at. A swarm that cannot hold the model is filled from "
        "block 0 on and leaves its end uncovered. The rules for unequal memory and for joining are ours.",
        "Huang et al., GPipe, NeurIPS 2019 (pipelines of consecutive stages); joining and replication: ours"};
  }
  explicit Even(const Params&) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw&) const override {
    std::vector<BlockSpan> spans = fill_pipelines(view, std::vector<double>(view.nodes.size(), 1.0));
    Stages stages(view.blocks);
    for (BlockSpan span : spans) stages.add(span);
    for (std::size_t i = 0; i < spans.size(); ++i) {
      const int room = capacity(view.nodes[i], view.blocks);
      if (!spans[i].empty() || room == 0) continue;
      spans[i] = stages.choose(room);
      stages.add(spans[i]);
    }
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    Stages stages(view.blocks);
    for (std::size_t i = 0; i < view.nodes.size(); ++i) {
      if (i != self) stages.add(view.nodes[i].span);
    }
    const int room = capacity(view.nodes[self], view.blocks);
    return room == 0 ? BlockSpan{} : stages.choose(room);
  }
};

ORRERY_REGISTER(ShardingPolicy, Even);

}  // namespace
}  // namespace orrery::sim::sharding
