// Petals' block selection: join where the swarm is thinnest. When to move later: rebalancing/petals.cpp.
//
// What a server announces as its throughput (the swarm computes it, this file only adds it up) is the smaller of
//   compute: forward passes/s through one block, divided by (blocks + 1) / 2, since a request enters at a random block;
//   network: min(down, up) [bit/s] / (16 * hidden); 100 Mbit/s where unknown; times 0.2 behind a relay.
#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"
#include "sim/sharding/window.hpp"

namespace orrery::sim::sharding {
namespace {

BlockSpan thinnest(std::span<const double> throughputs, int width) {
  const int start = thinnest_start(throughputs, width);
  return {start, start + width};
}

class Petals final : public ShardingPolicy {
 public:
  struct Params {
    double mean_block_selection_delay = 5;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("mean_block_selection_delay", &Params::mean_block_selection_delay, "s",
                "mean wait before a joining server chooses; each waits uniformly up to twice as long", 0, 1e9);
    }
  };
  static About about() {
    return {"petals", "join where the swarm is thinnest",
            "A server that joins waits a moment, adds up the announced throughputs of all servers block by block (in "
            "order of their ids), and takes the run of max_blocks blocks whose sorted throughputs come first "
            "lexicographically, ties to the lowest start. Assumes that announced throughputs are true. When a server "
            "moves later is rebalancing.petals, which a scenario with this placement uses unless it says otherwise. "
            "Ours: a whole swarm is placed by joins in order of ids.",
            "Borzunov et al., Distributed Inference and Fine-tuning of LLMs over the Internet, NeurIPS 2023, "
            "arXiv:2312.08361; block_selection.py and server.py of github.com/bigscience-workshop/petals at 22afba6"};
  }
  explicit Petals(const Params& params) : params_(params) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw&) const override {
    // Joins in the view's order: the running sum is what a fresh sum in order of ids would give.
    std::vector<double> throughputs(view.blocks, 0.0);
    std::vector<BlockSpan> spans;
    for (const NodeView& node : view.nodes) {
      const int width = capacity(node, view.blocks);
      spans.push_back(width == 0 ? BlockSpan{} : thinnest(throughputs, width));
      add_load(throughputs, spans.back(), node.throughput);
    }
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    const int width = capacity(view.nodes[self], view.blocks);
    if (width == 0) return {};
    std::vector<double> throughputs(view.blocks, 0.0);
    for (std::size_t i = 0; i < view.nodes.size(); ++i) {
      if (i != self) add_load(throughputs, view.nodes[i].span, view.nodes[i].throughput);
    }
    return thinnest(throughputs, width);
  }

  const char* rebalancing() const override { return "petals"; }
  bool joins_by_sums() const override { return true; }

  double join_delay_s(Draw& draw) const override { return draw.uniform(0, 2 * params_.mean_block_selection_delay); }

 private:
  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Petals);

}  // namespace
}  // namespace orrery::sim::sharding
