// Equal stages, each node to the stage that is weakest.
#include <algorithm>

#include "sim/estimates.hpp"
#include "sim/sharding/join.hpp"
#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"

namespace orrery::sim::sharding {
namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

// Stages of at most `room` blocks: as few as can be of exactly equal length, if that takes at most half as many again
// as unequal ones would.
int stages_of(int blocks, int room) {
  const int fewest = ceil_div(blocks, room);
  for (int stages = fewest; 2 * stages <= 3 * fewest; ++stages) {
    if (blocks % stages == 0) return stages;
  }
  return fewest;
}

// The k-th of `stages` consecutive spans that differ by at most one block, the longer ones first.
BlockSpan stage(int blocks, int stages, int k) {
  const int length = blocks / stages;
  const int longer = blocks % stages;
  const int begin = k * length + std::min(k, longer);
  return {begin, begin + length + (k < longer ? 1 : 0)};
}

class Swarm final : public ShardingPolicy {
 public:
  struct Params {
    std::int64_t stages = 0;
    static Fields<Params> fields() {
      return Fields<Params>().integer("stages", &Params::stages, "1",
                                      "stages of the pipeline; 0 takes the number that uses the most nodes", 0, 1e6);
    }
  };
  static About about() {
    return {
        "swarm", "equal stages, each node to the stage that is weakest",
        "The model is cut into consecutive stages of equal length, short enough for the smallest node to hold one. "
        "Nodes, fastest first by the estimated rate at which they serve such a stage, go to the stage with the "
        "least rate so far (ties to the first). Where too few nodes are there for so many stages, the smallest are "
        "left out and stages get longer. Stages differ by one block where equal ones would be half as many again. "
        "Nodes that are too small for a stage, and those that join later, take what they hold where the "
        "rates are thinnest. Links are not looked at: SWARM assigns peers to stages by throughput and wires them at "
        "run time (routing.swarm). The greedy filling is that of Helix's SWARM baseline, whose published placements "
        "it reproduces; leaving small nodes out, unequal stages and joining are ours.",
        "Ryabinin et al., SWARM Parallelism, ICML 2023, arXiv:2301.11913; Mei et al., Helix, ASPLOS 2025, "
        "arXiv:2406.01566 (section 6: the SWARM baseline)"};
  }
  explicit Swarm(const Params& params) : params_(params) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw&) const override {
    std::vector<BlockSpan> spans(view.nodes.size());
    const std::vector<std::size_t> able = nodes_with_room(view);
    if (able.empty()) return spans;
    const int stages = stage_count(view, able);
    const int longest = ceil_div(view.blocks, stages);
    std::vector<std::pair<double, std::size_t>> strongest;  // (minus the rate, node)
    for (std::size_t i : able) {
      if (capacity(view.nodes[i], view.blocks) < longest) continue;
      strongest.emplace_back(-estimates(view).tokens_per_s(view.nodes[i], stage(view.blocks, stages, 0)), i);
    }
    std::sort(strongest.begin(), strongest.end());
    std::vector<double> rates(static_cast<std::size_t>(stages), 0.0);
    for (const auto& [rate, i] : strongest) {
      const auto weakest = std::min_element(rates.begin(), rates.end());
      spans[i] = stage(view.blocks, stages, static_cast<int>(weakest - rates.begin()));
      *weakest += estimates(view).tokens_per_s(view.nodes[i], spans[i]);
    }
    settle_rest(view, spans);
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    return join_where_thinnest(view, self);
  }

 private:
  int stage_count(const SwarmView& view, const std::vector<std::size_t>& able) const {
    if (params_.stages > 0) return static_cast<int>(std::min<std::int64_t>(params_.stages, view.blocks));
    std::vector<int> rooms;
    for (std::size_t i : able) rooms.push_back(capacity(view.nodes[i], view.blocks));
    std::sort(rooms.begin(), rooms.end());
    for (std::size_t left_out = 0; left_out < rooms.size(); ++left_out) {
      const int stages = stages_of(view.blocks, rooms[left_out]);
      if (stages <= static_cast<int>(rooms.size() - left_out)) return stages;
    }
    return stages_of(view.blocks, rooms.front());  // a swarm that cannot hold the model shows what it can
  }

  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Swarm);

}  // namespace
}  // namespace orrery::sim::sharding
