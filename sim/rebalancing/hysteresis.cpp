// Move only for a gain that lasts: a threshold, a number of checks in a row, and a rest between moves.
#include "sim/rebalancing/balance.hpp"
#include "sim/rebalancing/policy.hpp"

namespace orrery::sim::rebalancing {
namespace {

class Hysteresis final : public RebalancingPolicy {
 public:
  struct Params {
    double balance_quality = 0.75;
    std::int64_t confirmations = 3;
    double rest_s = 300;
    double mean_balance_check_period = 60;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("balance_quality", &Params::balance_quality, "1",
                "a check wishes to move if the thinnest block has less than this share of what it would have after "
                "rebalancing",
                0, 1)
          .integer("confirmations", &Params::confirmations, "check",
                   "checks in a row that have to wish it before the node moves", 1, 1000)
          .real("rest_s", &Params::rest_s, "s", "time a node serves its blocks before it considers others", 0, 1e9)
          .real("mean_balance_check_period", &Params::mean_balance_check_period, "s",
                "mean time between a server's checks; each waits uniformly up to twice as long", 0.001, 1e9);
    }
  };
  static About about() {
    return {"hysteresis", "Petals' threshold, but confirmed by several checks in a row, and with a rest between moves",
            "The balance is judged as rebalancing.petals judges it. A check that would move there only wishes to here; "
            "the node moves when `confirmations` checks in a row have wished it and it has served its blocks for "
            "rest_s. A hole in the coverage is an emergency and is filled at once. Confirmation gives announcements "
            "the time to tell that another node has gone to the thin place already, so fewer nodes follow one stale "
            "view into the same gap; the rest bounds how often one node pays for a reload. Both bounds are swept "
            "parameters; the defaults are ours, three checks of Petals' period and five minutes.",
            "ours, after the flapping reported in petals issue 389; the threshold is Petals' (arXiv:2312.08361)"};
  }
  explicit Hysteresis(const Params& params) : params_(params) {}

  double period_s(Draw& draw) const override { return draw.uniform(0, 2 * params_.mean_balance_check_period); }

  Decision decide(const RebalancingView& view, Draw& draw) const override {
    const Balance balance(view.swarm, view.self);
    if (balance.needs_self() || balance.in_best_place()) return {};
    const double after = balance.after_all_moves(draw);
    if (after < balance.before() || after < epsilon) return {};
    if (balance.before() / after >= params_.balance_quality - epsilon) return {};
    const BlockSpan chosen = place_anew(view.swarm, view.self);
    if (chosen == view.swarm.nodes[view.self].span) return {};
    const bool emergency = balance.before() < epsilon;
    const bool rested = view.served.seconds() >= params_.rest_s;
    const bool confirmed = view.wishes + 1 >= params_.confirmations;
    if (emergency || (rested && confirmed)) return {Decision::Kind::move, chosen};
    return {Decision::Kind::wish, {}};
  }

 private:
  Params params_;
};

ORRERY_REGISTER(RebalancingPolicy, Hysteresis);

}  // namespace
}  // namespace orrery::sim::rebalancing
