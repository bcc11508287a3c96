// Routing for stale views and churn: what will this chain have cost by the time the request is complete?
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "sim/routing/ages.hpp"
#include "sim/routing/completion.hpp"

namespace orrery::sim::routing {
namespace {

// What the client knows of a node first hand.
struct Acquaintance {
  struct Leg {
    Time opened;
    BlockSpan blocks;
    Tokens tokens = 0;
  };
  std::vector<Leg> legs;   // that it holds open there
  double per_block_s = 0;  // its latest decode step there, smoothed; 0: none yet
  Time timed;              // when that was
  Time seen;               // when it was last heard of
};
struct Acquaintances {
  std::map<NodeId, Acquaintance> of;
};

struct Terms {
  double relaxation_s = 60;
  double crowding = 0.1;
  double churn = 1;
  double loss_s = 12;
  double spread = 0.1;
  double first_hand = 0.3;
  double refusal_s = 5;
  double unknown_latency = 0.15;
  static Fields<Terms> fields() {
    return Fields<Terms>()
        .real("relaxation_s", &Terms::relaxation_s, "s",
              "time in which what is known of a node's load is worth 1/e of what it was; 0 ignores load, 1e9 takes "
              "every announcement at its face value",
              0, 1e9)
        .real("crowding", &Terms::crowding, "1",
              "how much slower a node is thought to be for each session that this client opened there since it "
              "announced itself; 0 forgets its own assignments",
              0, 10)
        .real("churn", &Terms::churn, "1",
              "weight of the hazard that nodes leave, or have left unnoticed; 0 routes as if nobody did", 0, 100)
        .real("loss_s", &Terms::loss_s, "s", "time from a node's loss to a new chain", 0, 1e4)
        .real("spread", &Terms::spread, "1",
              "standard deviation of the logarithm of a random factor on each node's cost: what keeps clients with "
              "the same view apart; 0 takes the best chain",
              0, 10)
        .real("first_hand", &Terms::first_hand, "1",
              "weight of the newest decode step in the moving average of a node's step times; 0 believes "
              "announcements only",
              0, 1)
        .real("refusal_s", &Terms::refusal_s, "s",
              "time lost to a node that does not take the session: it has no KV room, or it is gone", 0, 1e4)
        .real("unknown_latency", &Terms::unknown_latency, "s", "one-way latency where nobody measured", 0, 1000);
  }
};

// An average in which every value counts by what its age has left of it.
class Fading {
 public:
  explicit Fading(double relaxation_s) : relaxation_s_(relaxation_s) {}
  void add(double value, double age_s) {
    const double weight = relaxation_s_ > 0 ? std::exp(-age_s / relaxation_s_) : 0;
    sum_ += weight * value;
    weights_ += weight;
    heaviest_ = std::max(heaviest_, weight);
  }
  // Relaxed towards `rest` by what even the newest value has lost.
  double mean(double rest) const { return weights_ > 0 ? rest + heaviest_ * (sum_ / weights_ - rest) : rest; }

 private:
  double relaxation_s_;
  double sum_ = 0, weights_ = 0, heaviest_ = 0;
};

class Foresight final : public RoutingPolicy {
 public:
  using Params = Terms;
  static About about() {
    return {
        "foresight",
        "the chain with the least expected time to complete the request, churn and stale views reckoned in",
        "Reckons what a chain will have cost when the request is complete, in seconds: latency of every hop and time "
        "in every block for each token, the prompt at the rate of large batches, and the losses on the way. Four "
        "estimates make it differ from a shortest path over announcements. Load: a node's slow-down is its announced "
        "time per block over that of an idle node, averaged with the steps that this client timed there itself, each "
        "weighing exp(-age / relaxation_s), and relaxed towards the mean of the swarm by what even the newest has "
        "lost: "
        "old news of a fast node is not believed for ever. Crowding: every session that the client opened there since "
        "the announcement makes a node slower by `crowding`; KV room is reckoned the same way. Churn: the ages of the "
        "nodes in the view give a hazard that falls with age (a Lomax tail fitted to their median and upper quartile), "
        "an expected loss costs its detection and the tokens to be computed again, and a node that was not heard of "
        "for "
        "a while may be gone already. Spread: costs are multiplied "
        "by exp(spread x normal) before the shortest path is taken, which draws chains with a probability that "
        "falls with their cost, so that clients with the same view do not herd. Each term can be switched off: "
        "relaxation_s = 0 (or 1e9 for belief at face value), crowding = 0, churn = 0, spread = 0, first_hand = 0. A "
        "first pass without losses says how long the request will take; the second uses that for the losses. Paths "
        "leave nodes at the ends of their spans. Banned nodes are left out except where a block would have no server.",
        "ours; the shortest path is that of Petals (arXiv:2312.08361), perturbed costs follow Papandreou and Yuille, "
        "Perturb-and-MAP random fields, ICCV 2011"};
  }
  explicit Foresight(const Params& params)
      : params_(params), prices_{params.unknown_latency, params.loss_s, params.refusal_s} {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory& memory,
                     Draw& draw) const override {
    const Candidates found = find_candidates(request, view);
    if (!found.reason.empty()) return {{}, found.reason};
    std::vector<Outlook> outlooks = loads(request, view, memory.as<Acquaintances>(), found.nodes);
    const HopDelay delay = completion_delay(request, view, found.nodes, prices_);
    if (params_.churn > 0) {
      const auto costs = completion_costs(request, view, found.nodes, outlooks, prices_);
      const Route calm = shortest_chain(request.span, found.nodes, costs, delay);
      const double takes_s = chain_cost(request.span, found.nodes, costs, delay, calm);
      expect_losses(view, memory.as<Acquaintances>(), found.nodes, takes_s, outlooks);
    }
    auto costs = completion_costs(request, view, found.nodes, outlooks, prices_);
    if (params_.spread > 0) {
      for (NodeCost& cost : costs) {
        const double factor = std::exp(params_.spread * draw.normal());
        cost.toll *= factor;
        cost.per_block *= factor;
      }
    }
    return {shortest_chain(request.span, found.nodes, costs, delay), {}};
  }

  void observe(const Observation& seen, RoutingMemory& memory) const override {
    using What = Observation::What;
    if (seen.what == What::refused) return;  // the client's ban says as much
    Acquaintance& node = memory.as<Acquaintances>().of[seen.hop.node];
    if (seen.what != What::lost && seen.what != What::closed) node.seen = seen.at;
    if (seen.what == What::opened) {
      node.legs.push_back({seen.at, seen.hop.span, seen.tokens});
    } else if (seen.what == What::step) {
      if (seen.tokens == 1) note_step(seen, node);
    } else {
      const auto leg = std::find_if(node.legs.begin(), node.legs.end(),
                                    [&seen](const Acquaintance::Leg& l) { return l.blocks == seen.hop.span; });
      if (leg != node.legs.end()) node.legs.erase(leg);
    }
  }

 private:
  void note_step(const Observation& step, Acquaintance& node) const {
    const double per_block_s = step.at_node_s / step.hop.span.size();
    const double weight = node.per_block_s > 0 ? params_.first_hand : 1;
    node.per_block_s += weight * (per_block_s - node.per_block_s);
    node.timed = step.at;
  }

  static double slowdown(const NodeView& node, double per_block_s) {
    return std::max(1.0, per_block_s * node.inference_rps);
  }

  std::vector<Outlook> loads(const RouteRequest& request, const RoutingView& view, const Acquaintances& known,
                             const std::vector<Candidate>& nodes) const {
    double slowdowns = 0, busy = 0;
    for (const Candidate& c : nodes) {
      slowdowns += slowdown(*c.node, c.node->block_latency_s);
      busy += c.node->busy;
    }
    const double n = std::max<double>(1, static_cast<double>(nodes.size()));
    std::vector<Outlook> all;
    all.reserve(nodes.size());
    for (const Candidate& c : nodes) {
      const auto found = known.of.find(c.node->node);
      const Acquaintance* acquaintance = found == known.of.end() ? nullptr : &found->second;
      all.push_back(load(request, view.swarm.now, *c.node, acquaintance, slowdowns / n, busy / n));
    }
    return all;
  }

  Outlook load(const RouteRequest& request, Time now, const NodeView& node, const Acquaintance* acquaintance,
               double mean_slowdown, double mean_busy) const {
    Fading slow(params_.relaxation_s), busy(params_.relaxation_s);
    const double age_s = (now - node.announced).seconds();
    slow.add(slowdown(node, node.block_latency_s), age_s);
    busy.add(node.busy, age_s);
    Tokens taken = 0;
    int opened = 0;
    if (acquaintance) {
      if (params_.first_hand > 0 && acquaintance->per_block_s > 0) {
        slow.add(slowdown(node, acquaintance->per_block_s), (now - acquaintance->timed).seconds());
      }
      for (const Acquaintance::Leg& leg : acquaintance->legs) {
        if (leg.opened <= node.announced) continue;
        ++opened;
        taken += leg.tokens * leg.blocks.size();
      }
    }
    Outlook outlook;
    outlook.slowdown = slow.mean(mean_slowdown) + params_.crowding * opened;
    outlook.busy = busy.mean(mean_busy);
    const Tokens room = node.cache_left - (params_.crowding > 0 ? taken : 0);
    outlook.refusal = request.cache_tokens * node.span.size() <= room ? 0 : 1;
    return outlook;
  }

  // Losses while the request runs, and the chance that the node has gone since it was last heard of.
  void expect_losses(const RoutingView& view, const Acquaintances& known, const std::vector<Candidate>& nodes,
                     double takes_s, std::vector<Outlook>& outlooks) const {
    const auto age_s = [](const NodeView& node, Time at) { return (at - node.online_since).seconds(); };
    std::vector<double> ages_s;
    for (const NodeView& node : view.swarm.nodes) {
      if (!node.span.empty()) ages_s.push_back(age_s(node, view.swarm.now));
    }
    const AgeModel model(std::move(ages_s));
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const NodeView& node = *nodes[i].node;
      const auto found = known.of.find(node.node);
      const Time heard = found == known.of.end() ? node.announced : std::max(node.announced, found->second.seen);
      const double gone = params_.churn * model.losses(age_s(node, heard), (view.swarm.now - heard).seconds());
      outlooks[i].losses = params_.churn * model.losses(age_s(node, view.swarm.now), takes_s);
      outlooks[i].refusal = std::max(outlooks[i].refusal, 1 - std::exp(-gone));
    }
  }

  Params params_;
  CompletionPrices prices_;
};

ORRERY_REGISTER(RoutingPolicy, Foresight);

}  // namespace
}  // namespace orrery::sim::routing
