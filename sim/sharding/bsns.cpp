// Nesa's sequential sharding: block by block, each next to where the path so far has led.
#include <limits>

#include "sim/estimates.hpp"
#include "sim/sharding/join.hpp"
#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"

namespace orrery::sim::sharding {
namespace {

struct Costs {
  double serialisation = 0.018;
  double load_weight = 1;
  double width = 1;
  static Fields<Costs> fields() {
    return Fields<Costs>()
        .real("serialisation", &Costs::serialisation, "s",
              "added to every change of nodes; the default is what Petals assumes", 0, 1000)
        .real("load_weight", &Costs::load_weight, "1",
              "how much a node's waiting tasks count, each as one pass through the block", 0, 1e6)
        .real("width", &Costs::width, "1",
              "bytes of an activation between nodes, as a share of those of the scenario's wire format", 1e-3, 1e3);
  }
};

class Bsns final : public ShardingPolicy {
 public:
  using Params = Costs;
  static About about() {
    return {
        "bsns", "recursively: the next block goes where it is cheapest after those before it",
        "Blocks are placed first to last. The cost of block i on node n, after the path so far ended on node p, is "
        "the time of the block there, plus load_weight passes for each task waiting at n, plus, if n is not p, the "
        "latency from p to n, the activation's bytes over the bandwidth, and the serialisation; a node that is "
        "full, or that the path has left, is out of question, and the path does not leave a node while those ahead "
        "could "
        "not hold the rest of the model. The cheapest node takes the block (ties to the lowest id), so every choice "
        "depends on where earlier blocks went. When the model is placed, the nodes not yet used make the next such "
        "chain, as long as they can hold one; the rest, and those that join later, go where rates are thinnest. "
        "Nesa publishes that the assignment is recursive over node memory, compute and link latency; the cost "
        "itself, its weights, the "
        "repetition of chains, and joining are our instantiation. The published design also weighs reputation, which "
        "announcements do not carry here.",
        "Nesa, Blockchain-based Sequential Neural Sharding, docs.nesa.ai and arXiv:2407.19775 (the goal, not the "
        "formula); reconstruction: ours"};
  }
  explicit Bsns(const Params& params) : params_(params) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw&) const override {
    std::vector<BlockSpan> spans(view.nodes.size());
    std::vector<std::size_t> unused = nodes_with_room(view);
    for (bool first = true;; first = false) {
      int room = 0;
      for (std::size_t i : unused) room += capacity(view.nodes[i], view.blocks);
      if (room == 0 || (room < view.blocks && !first)) break;
      const std::vector<BlockSpan> chain = place_chain(view, unused);
      const bool complete = covers_end(view, chain);
      if (!complete && !first) break;
      std::vector<std::size_t> rest;
      for (std::size_t i : unused) {
        spans[i] = chain[i];
        if (chain[i].empty()) rest.push_back(i);
      }
      unused = rest;
    }
    settle_rest(view, spans);
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    return join_where_thinnest(view, self);
  }

 private:
  static bool covers_end(const SwarmView& view, const std::vector<BlockSpan>& chain) {
    for (const BlockSpan& span : chain) {
      if (span.end == view.blocks) return true;
    }
    return false;
  }

  double cost(const SwarmView& view, std::size_t i, int block, NodeId before) const {
    const Estimates& e = estimates(view);
    const NodeView& node = view.nodes[i];
    const double pass = e.token_s(node, {block, block + 1});
    double total = pass * (1 + params_.load_weight * node.queue);
    if (node.node == before) return total;
    total += e.latency_s(before, node.node) + params_.serialisation +
             params_.width * e.token_bytes() / e.bandwidth(before, node.node);
    return total;
  }

  // One chain over `unused`; what nobody can take any more stays open.
  std::vector<BlockSpan> place_chain(const SwarmView& view, const std::vector<std::size_t>& unused) const {
    std::vector<BlockSpan> spans(view.nodes.size());
    int ahead = 0;  // blocks that nodes not yet on the path can hold
    for (std::size_t i : unused) ahead += capacity(view.nodes[i], view.blocks);
    const bool enough = ahead >= view.blocks;
    NodeId before;  // the clients
    for (int block = 0; block < view.blocks; ++block) {
      double least = std::numeric_limits<double>::infinity();
      std::size_t best = view.nodes.size();
      for (std::size_t i : unused) {
        const bool here = view.nodes[i].node == before;
        if (here ? spans[i].size() >= capacity(view.nodes[i], view.blocks) : !spans[i].empty()) continue;
        if (!here && enough && ahead < view.blocks - block) continue;
        const double c = cost(view, i, block, before);
        if (c < least) {
          least = c;
          best = i;
        }
      }
      if (best == view.nodes.size()) break;
      if (spans[best].empty()) {
        spans[best] = {block, block};
        ahead -= capacity(view.nodes[best], view.blocks);
      }
      spans[best].end = block + 1;
      before = view.nodes[best].node;
    }
    return spans;
  }

  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Bsns);

}  // namespace
}  // namespace orrery::sim::sharding
