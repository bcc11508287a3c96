// Petals' block selection: join where the swarm is thinnest, move when that would help everybody.
//
// What a server announces as its throughput (the swarm computes it, this file only adds it up) is the smaller of
//   compute: forward passes/s through one block, divided by (blocks + 1) / 2, since a request enters at a random block;
//   network: min(down, up) [bit/s] / (16 * hidden); 100 Mbit/s where unknown; times 0.2 behind a relay.
#include <algorithm>
#include <utility>

#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"
#include "sim/sharding/window.hpp"

namespace orrery::sim::sharding {
namespace {

// Petals' hysteresis: a server discounts its own throughput by this fraction, so that it prefers to stay where it is.
constexpr double epsilon = 1e-3;
// Petals lets servers re-place until nobody moves. Every move raises the sorted list of block throughputs, so that
// ends; only rounding could make it circle, and then the run fails rather than hang.
constexpr int most_rounds = 10'000;

struct Server {
  BlockSpan span;
  double throughput = 0;
};

BlockSpan thinnest(std::span<const double> throughputs, int width) {
  const int start = thinnest_start(throughputs, width);
  return {start, start + width};
}

double lowest(const std::vector<double>& throughputs) {
  return *std::min_element(throughputs.begin(), throughputs.end());
}

// Takes the server out of the sums by a little more than it put in: without that, rounding would cause moves.
void lift(std::vector<double>& throughputs, const Server& server) {
  add_load(throughputs, server.span, -(server.throughput * (1 + epsilon)));
}

// Puts a lifted server down at `span`.
void settle(std::vector<double>& throughputs, Server& server, BlockSpan span) {
  add_load(throughputs, server.span, server.throughput * epsilon);
  server.span = span;
  add_load(throughputs, server.span, server.throughput);
}

// Servers move in random order, each to its best place, until nobody wants to.
void let_all_move(std::vector<double>& throughputs, std::vector<Server>& servers, Draw& draw) {
  std::vector<std::size_t> order(servers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  bool moved = true;
  for (int round = 0; moved; ++round) {
    if (round == most_rounds) throw RunError("petals rebalancing found no resting place (10000 rounds of moves)");
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draw.below(i)]);  // Fisher-Yates
    moved = false;
    for (std::size_t i : order) {
      lift(throughputs, servers[i]);
      const BlockSpan best = thinnest(throughputs, servers[i].span.size());
      if (!(best == servers[i].span)) moved = true;
      settle(throughputs, servers[i], best);
    }
  }
}

class Petals final : public ShardingPolicy {
 public:
  struct Params {
    double balance_quality = 0.75;
    double mean_balance_check_period = 60;
    double mean_block_selection_delay = 5;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("balance_quality", &Params::balance_quality, "1",
                "move if the thinnest block has less than this share of what it would have after rebalancing", 0, 1)
          .real("mean_balance_check_period", &Params::mean_balance_check_period, "s",
                "mean time between a server's checks; each waits uniformly up to twice as long", 0.001, 1e9)
          .real("mean_block_selection_delay", &Params::mean_block_selection_delay, "s",
                "mean wait before a joining server chooses; each waits uniformly up to twice as long", 0, 1e9);
    }
  };
  static About about() {
    return {"petals", "join where the swarm is thinnest; move when rebalancing would help everybody",
            "A server that joins waits a moment, adds up the announced throughputs of all servers block by block (in "
            "order of their ids), and takes the run of max_blocks blocks whose sorted throughputs come first "
            "lexicographically, ties to the lowest start. From time to time a server checks the balance: it takes its "
            "own throughput (plus a thousandth) out; if that alone would leave a block of a connected swarm without "
            "server, or its place is the best one already, it stays; otherwise it moves in a local copy, lets all "
            "servers of the copy re-place in random order until nobody moves, and moves for real if the throughput of "
            "the thinnest block before is less than balance_quality (minus a thousandth) of that after. A real move "
            "chooses like a join, without itself. A move drops the KV caches it held and reloads weights; the caller "
            "charges for that. The defaults are those of Petals' command line (60 s between checks; its class has "
            "120 s). Assumes that announced throughputs are true. Ours: a check whose join rule leads back to the "
            "present place is a stay rather than a restart in place, and a whole swarm is placed by joins in order of "
            "ids.",
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

  std::optional<BlockSpan> rebalance(const SwarmView& view, std::size_t self, Draw& draw) const override {
    const BlockSpan present = view.nodes[self].span;
    if (present.empty() || !worth_moving(view, self, draw)) return std::nullopt;
    const BlockSpan chosen = join(view, self, draw);
    if (chosen == present) return std::nullopt;
    return chosen;
  }

  double rebalance_period_s(Draw& draw) const override {
    return draw.uniform(0, 2 * params_.mean_balance_check_period);
  }

  double join_delay_s(Draw& draw) const override { return draw.uniform(0, 2 * params_.mean_block_selection_delay); }

 private:
  // Petals' should_choose_other_blocks, step by step; self serves a non-empty span.
  bool worth_moving(const SwarmView& view, std::size_t self, Draw& draw) const {
    std::vector<double> throughputs(view.blocks, 0.0);
    std::vector<Server> servers;
    std::size_t own = 0;
    for (std::size_t i = 0; i < view.nodes.size(); ++i) {
      if (i == self) own = servers.size();
      if (view.nodes[i].span.empty()) continue;
      servers.push_back({view.nodes[i].span, view.nodes[i].throughput});
      add_load(throughputs, view.nodes[i].span, view.nodes[i].throughput);
    }
    const double before = lowest(throughputs);
    lift(throughputs, servers[own]);
    if (before > epsilon && lowest(throughputs) <= 0) return false;  // the swarm would fall apart
    const BlockSpan best = thinnest(throughputs, servers[own].span.size());
    if (best == servers[own].span) return false;
    settle(throughputs, servers[own], best);
    let_all_move(throughputs, servers, draw);
    const double after = lowest(throughputs);
    if (after < before || after < epsilon) return false;
    return before / after < params_.balance_quality - epsilon;
  }

  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Petals);

}  // namespace
}  // namespace orrery::sim::sharding
