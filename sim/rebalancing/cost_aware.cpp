// Move when the gain outweighs what the move costs: time away, weights fetched, KV caches lost.
#include <algorithm>
#include <vector>

#include "sim/rebalancing/balance.hpp"
#include "sim/rebalancing/policy.hpp"
#include "sim/sharding/window.hpp"

namespace orrery::sim::rebalancing {
namespace {

class CostAware final : public RebalancingPolicy {
 public:
  struct Params {
    double horizon_s = 900;
    double margin = 1.5;
    double headroom = 2;
    double mean_balance_check_period = 60;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("horizon_s", &Params::horizon_s, "s",
                "time for which the new placement is expected to last: what a gain is multiplied by", 1, 1e9)
          .real("margin", &Params::margin, "1", "move if the gain is more than this many times the cost", 0, 1e6)
          .real("headroom", &Params::headroom, "1",
                "the demand that throughput is of use for, over what the busiest block was seen to serve", 1, 1e6)
          .real("mean_balance_check_period", &Params::mean_balance_check_period, "s",
                "mean time between a server's checks; each waits uniformly up to twice as long", 0.001, 1e9);
    }
  };
  static About about() {
    return {
        "cost_aware", "move when the throughput gained over a horizon outweighs reloading and lost KV caches",
        "Everything is counted in requests that pass the thinnest block, the unit of announced throughput. Let m be "
        "what the thinnest block has now, m' what it would have once this node alone has moved to the best run of "
        "its width, m0 what it has without the node, T the time to fetch the weights of that run over the node's "
        "own link, h the horizon, and D the demand: `headroom` times what the servers of the busiest block were "
        "busy with by their announcements. Throughput beyond D is of no use to anybody, so m, m' and m0 count up to "
        "D only. The gain is (m' - m) max(0, h - T). The cost is (m - m0) T, what the swarm lacks while the node is "
        "away, plus the positions in the KV caches it holds, each of which has to pass "
        "some other node again. It moves if gain > margin x cost and gain > 0. A node whose going would open a "
        "hole stays. Where a block has no server at all, nothing is served, and a node moves to fill part of the "
        "gap if the node is not needed where it is. Unlike Petals' rule it counts on nobody else to move.",
        "ours; the throughput figures are those of Petals (arXiv:2312.08361)"};
  }
  explicit CostAware(const Params& params) : params_(params) {}

  double period_s(Draw& draw) const override { return draw.uniform(0, 2 * params_.mean_balance_check_period); }

  Decision decide(const RebalancingView& view, Draw&) const override {
    const Balance balance(view.swarm, view.self);
    if (balance.needs_self() || balance.in_best_place()) return {};
    const bool hole = balance.before() < epsilon;
    if (hole ? opens_hole(view) : !pays(view, balance)) return {};
    return {Decision::Kind::move, balance.best()};
  }

 private:
  bool pays(const RebalancingView& view, const Balance& balance) const {
    const double away_s = view.reload_s(balance.best());
    const double demand = params_.headroom * busiest(view.swarm);
    const auto used = [demand](double throughput) { return std::clamp(throughput, 0.0, demand); };
    const double present = used(balance.before());
    const double gain = (used(balance.after_own_move()) - present) * std::max(0.0, params_.horizon_s - away_s);
    const double lacking = (present - used(balance.without())) * away_s;
    return gain > 0 && gain > params_.margin * (lacking + static_cast<double>(view.cached));
  }

  // Requests a second that the servers of some block were busy with, at most.
  static double busiest(const SwarmView& swarm) {
    std::vector<double> served(static_cast<std::size_t>(swarm.blocks), 0.0);
    for (const NodeView& node : swarm.nodes) sharding::add_load(served, node.span, node.throughput * node.busy);
    return *std::max_element(served.begin(), served.end());
  }

  // Is some block served by nobody but this node?
  static bool opens_hole(const RebalancingView& view) {
    const BlockSpan own = view.swarm.nodes[view.self].span;
    for (int b = own.begin; b < own.end; ++b) {
      bool other = false;
      for (std::size_t i = 0; i < view.swarm.nodes.size(); ++i) {
        other = other || (i != view.self && view.swarm.nodes[i].span.contains(b));
      }
      if (!other) return true;
    }
    return false;
  }

  Params params_;
};

ORRERY_REGISTER(RebalancingPolicy, CostAware);

}  // namespace
}  // namespace orrery::sim::rebalancing
