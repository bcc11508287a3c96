// Petals' rule: move when rebalancing would help everybody.
#include "sim/rebalancing/balance.hpp"
#include "sim/rebalancing/policy.hpp"

namespace orrery::sim::rebalancing {
namespace {

class Petals final : public RebalancingPolicy {
 public:
  struct Params {
    double balance_quality = 0.75;
    double mean_balance_check_period = 60;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("balance_quality", &Params::balance_quality, "1",
                "move if the thinnest block has less than this share of what it would have after rebalancing", 0, 1)
          .real("mean_balance_check_period", &Params::mean_balance_check_period, "s",
                "mean time between a server's checks; each waits uniformly up to twice as long", 0.001, 1e9);
    }
  };
  static About about() {
    return {"petals", "move when the thinnest block has less than 0.75 of what rebalancing would give it",
            "From time to time a server checks the balance: it takes its own throughput (plus a thousandth) out; if "
            "that alone would leave a block of a connected swarm without server, or its place is the best one already, "
            "it stays; otherwise it moves in a local copy, lets all servers of the copy re-place in random order until "
            "nobody moves, and moves for real if the throughput of the thinnest block before is less than "
            "balance_quality (minus a thousandth) of that after. A real move takes the thinnest run of blocks, as a "
            "join does, without itself. What a move costs does not enter. The defaults are those of Petals' command "
            "line (60 s between checks; its class has 120 s). Assumes that announced throughputs are true and fresh: "
            "all who see the same stale view may move together. Ours: a check whose rule leads back to the present "
            "place is a stay rather than a restart in place.",
            "Borzunov et al., Distributed Inference and Fine-tuning of LLMs over the Internet, NeurIPS 2023, "
            "arXiv:2312.08361; block_selection.py and server.py of github.com/bigscience-workshop/petals at 22afba6"};
  }
  explicit Petals(const Params& params) : params_(params) {}

  double period_s(Draw& draw) const override { return draw.uniform(0, 2 * params_.mean_balance_check_period); }

  Decision decide(const RebalancingView& view, Draw& draw) const override {
    if (!worth_moving(view, draw)) return {};
    const BlockSpan chosen = place_anew(view.swarm, view.self);
    if (chosen == view.swarm.nodes[view.self].span) return {};
    return {Decision::Kind::move, chosen};
  }

 private:
  bool worth_moving(const RebalancingView& view, Draw& draw) const {
    const Balance balance(view.swarm, view.self);
    if (balance.needs_self() || balance.in_best_place()) return false;
    const double after = balance.after_all_moves(draw);
    if (after < balance.before() || after < epsilon) return false;
    return balance.before() / after < params_.balance_quality - epsilon;
  }

  Params params_;
};

ORRERY_REGISTER(RebalancingPolicy, Petals);

}  // namespace
}  // namespace orrery::sim::rebalancing
