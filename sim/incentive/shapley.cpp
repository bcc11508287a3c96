// Pays each node what the swarm would lose without it, averaged over all orders in which the swarm could have gathered.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "sim/incentive/policy.hpp"

namespace orrery::sim::incentive {
namespace {

using Blocks = std::vector<bool>;

class Shapley final : public IncentivePolicy {
 public:
  struct Params {
    std::int64_t exact_nodes = 14;
    std::int64_t permutations = 4000;
    static Fields<Params> fields() {
      using P = Params;
      return Fields<P>()
          .integer("exact_nodes", &P::exact_nodes, "nodes", "up to so many nodes all coalitions are counted", 0, 20)
          .integer("permutations", &P::permutations, "orders", "beyond that, random orders of gathering", 1,
                   10'000'000);
    }
  };
  static About about() {
    return {
        "shapley", "fees by Shapley value of the game in which a swarm is worth something when it covers the model",
        "A coalition is worth one if its nodes, with the blocks that each computed in this epoch and no audit "
        "rejected, "
        "cover every block that any request used, and zero otherwise. Fees are split by Shapley value: in a pipeline "
        "of "
        "n single stages each gets 1/n; the only node of a stage gets m/(m+1) beside a stage with m replicas, which "
        "get "
        "1/(m(m+1)) each. All coalitions are counted for few nodes; for more, random orders are drawn, and the node "
        "that completes the coverage in an order has its share of it. Scarcity is paid, volume is not.",
        "Shapley, A value for n-person games (1953); over pipelines of inference: ours"};
  }
  explicit Shapley(const Params& params) : params_(params) {}

  Settlement settle(const Epoch& epoch, const State& state, Draw& draw) const override {
    Settlement s = nothing(epoch, state);
    Blocks needed;
    const std::vector<Blocks> held = held_blocks(epoch, needed);
    std::vector<std::size_t> players;
    for (std::size_t i = 0; i < held.size(); ++i) {
      if (std::find(held[i].begin(), held[i].end(), true) != held[i].end()) players.push_back(i);
    }
    if (players.empty()) return s;
    const bool exact = static_cast<std::int64_t>(players.size()) <= params_.exact_nodes;
    const std::vector<double> value = exact ? count(players, held, needed) : sample(players, held, needed, draw);
    std::vector<double> weights(epoch.accounts.size(), 0);
    for (std::size_t k = 0; k < players.size(); ++k) weights[players[k]] = value[k];
    s.pay = split(epoch.fees, weights);
    return s;
  }

 private:
  // What each node provably served, and the union of all.
  static std::vector<Blocks> held_blocks(const Epoch& epoch, Blocks& needed) {
    const std::vector<Verdict> verdicts = leg_verdicts(epoch);
    int blocks = 0;
    for (const Leg& leg : epoch.legs) blocks = std::max(blocks, leg.blocks.end);
    needed.assign(static_cast<std::size_t>(blocks), false);
    std::vector<Blocks> held(epoch.accounts.size(), needed);
    for (std::size_t l = 0; l < epoch.legs.size(); ++l) {
      const Leg& leg = epoch.legs[l];
      if (leg.timed_out || leg.tokens == 0 || verdicts[l] == Verdict::rejected) continue;
      for (int b = leg.blocks.begin; b < leg.blocks.end; ++b) {
        needed[static_cast<std::size_t>(b)] = true;
        held[epoch.position(leg.node)][static_cast<std::size_t>(b)] = true;
      }
    }
    return held;
  }

  // Over all coalitions; `worth` by coalition, as a bit mask of players.
  static std::vector<double> count(const std::vector<std::size_t>& players, const std::vector<Blocks>& held,
                                   const Blocks& needed) {
    const std::size_t n = players.size(), coalitions = std::size_t{1} << n;
    std::vector<bool> complete(coalitions, true);
    for (std::size_t block = 0; block < needed.size(); ++block) {
      if (!needed[block]) continue;
      std::size_t holders = 0;
      for (std::size_t k = 0; k < n; ++k) holders |= std::size_t{held[players[k]][block]} << k;
      for (std::size_t c = 0; c < coalitions; ++c) complete[c] = complete[c] && (c & holders) != 0;
    }
    std::vector<double> weight(n);  // of a coalition of this size that one joins: s! (n-s-1)! / n!
    for (std::size_t size = 0; size < n; ++size) {
      weight[size] = std::exp(std::lgamma(static_cast<double>(size) + 1) + std::lgamma(static_cast<double>(n - size)) -
                              std::lgamma(static_cast<double>(n) + 1));
    }
    std::vector<double> value(n, 0);
    for (std::size_t c = 0; c < coalitions; ++c) {
      if (complete[c]) continue;
      const auto size = static_cast<std::size_t>(std::popcount(c));
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t joined = c | (std::size_t{1} << k);
        if (joined != c && complete[joined]) value[k] += weight[size];
      }
    }
    return value;
  }

  std::vector<double> sample(const std::vector<std::size_t>& players, const std::vector<Blocks>& held,
                             const Blocks& needed, Draw& draw) const {
    std::vector<double> value(players.size(), 0);
    std::vector<std::size_t> order(players.size());
    const auto target = std::count(needed.begin(), needed.end(), true);
    for (std::int64_t p = 0; p < params_.permutations; ++p) {
      std::iota(order.begin(), order.end(), std::size_t{0});
      Blocks covered(needed.size(), false);
      std::ptrdiff_t blocks = 0;
      for (std::size_t i = 0; blocks < target; ++i) {
        std::swap(order[i], order[i + draw.below(order.size() - i)]);
        const Blocks& mine = held[players[order[i]]];
        for (std::size_t b = 0; b < mine.size(); ++b) {
          if (mine[b] && !covered[b]) {
            covered[b] = true;
            ++blocks;
          }
        }
        if (blocks == target) value[order[i]] += 1;
      }
    }
    return value;
  }
  Params params_;
};

ORRERY_REGISTER(IncentivePolicy, Shapley);

}  // namespace
}  // namespace orrery::sim::incentive
