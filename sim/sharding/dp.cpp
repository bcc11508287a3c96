// The optimal chain, by dynamic programming: the exact reference on small swarms.
#include <algorithm>
#include <string>

#include "sim/sharding/chain_search.hpp"
#include "sim/sharding/join.hpp"
#include "sim/sharding/policy.hpp"

namespace orrery::sim::sharding {
namespace {

class Dp final : public ShardingPolicy {
 public:
  struct Params {
    std::string objective = "throughput";
    std::string order = "auto";
    std::int64_t max_states = 250'000;
    std::string rest = "chains";
    static Fields<Params> fields() {
      return Fields<Params>()
          .choice("objective", &Params::objective, {"throughput", "latency"},
                  "what a chain is best in: the rate of its weakest stage or link, or the time of one token")
          .choice("order", &Params::order, {"auto", "any", "ids"},
                  "of the nodes along a chain: any (all orders are searched, and too many are an error), ids, or auto: "
                  "any where it has at most max_states states, else ids")
          .integer("max_states", &Params::max_states, "1", "most states of a search over all orders", 1, 2e9)
          .choice(
              "rest", &Params::rest, {"chains", "idle"},
              "nodes that the best chain does not use: make further chains and then go where rates are thinnest, or "
              "serve nothing");
    }
  };
  static About about() {
    return {
        "dp", "the optimal chain of unlike nodes over unlike links: exact",
        "Among all chains that use each node at most once and within its memory, takes the one whose weakest stage "
        "or link has the highest estimated rate, or through which one token is fastest. For throughput, the rate is "
        "found by "
        "bisection over all rates that occur: given one, a dynamic program over the nodes used so far (and the last of "
        "them, where links differ) finds the farthest block that can be reached. For latency, the program also runs "
        "over "
        "the block. Nodes that nothing tells apart count as one kind, which makes "
        "the search exact beyond a handful of nodes: prod(count + 1) states, 2^n if all differ, times n where links "
        "differ, times the blocks for latency. The default limit allows 14 different nodes. With order = \"ids\" it "
        "is exact among chains whose nodes come in the order of their ids. The next chain is the best of the "
        "nodes left. One chain is what is optimal here; replicas may carry more together (helix). Joining and "
        "replication are ours.",
        "Held, Karp, J. SIAM 10 (1962) for the dynamic program over subsets; Narayanan et al., PipeDream, SOSP 2019, "
        "for its use on pipelines; the combination: ours"};
  }
  explicit Dp(const Params& params) : params_(params) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw&) const override {
    std::vector<BlockSpan> spans(view.nodes.size());
    std::vector<std::size_t> unused = nodes_with_room(view);
    while (!unused.empty()) {
      const Chain chain = search(view, unused);
      for (const ChainStage& stage : chain.stages) spans[stage.node] = stage.span;
      if (chain.stages.empty() || params_.rest == "idle") break;
      std::erase_if(unused, [&spans](std::size_t i) { return !spans[i].empty(); });
    }
    if (params_.rest == "chains") settle_rest(view, spans);
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    return join_where_thinnest(view, self);
  }

 private:
  Chain search(const SwarmView& view, const std::vector<std::size_t>& nodes) const {
    const Objective objective = params_.objective == "latency" ? Objective::latency : Objective::throughput;
    if (params_.order == "ids") return best_chain_in_order(view, nodes, objective);
    const double states = chain_states(view, nodes, objective);
    const auto most = static_cast<double>(params_.max_states);
    if (params_.order == "auto" && states > most) return best_chain_in_order(view, nodes, objective);
    VALIDATE(states <= most, "sharding.max_states", "is too small for an exact search over all orders",
             std::to_string(nodes.size()) + " nodes make " +
                 std::to_string(static_cast<long long>(std::min(states, 9e18))) + " states",
             "Raise it, or set sharding.order = \"ids\" or \"auto\".");
    return best_chain(view, nodes, objective);
  }

  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Dp);

}  // namespace
}  // namespace orrery::sim::sharding
