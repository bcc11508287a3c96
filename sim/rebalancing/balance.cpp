#include "sim/rebalancing/balance.hpp"

#include <algorithm>
#include <utility>

#include "kernels/contract.hpp"
#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/window.hpp"

namespace orrery::sim::rebalancing {
namespace {

using sharding::add_load;

// Petals lets servers re-place until nobody moves. Every move raises the sorted list of block throughputs, so that
// ends; only rounding could make it circle, and then the run fails rather than hang.
constexpr int most_rounds = 10'000;

BlockSpan thinnest(std::span<const double> throughputs, int width) {
  const int start = sharding::thinnest_start(throughputs, width);
  return {start, start + width};
}

double lowest(const std::vector<double>& throughputs) {
  return *std::min_element(throughputs.begin(), throughputs.end());
}

}  // namespace

void Balance::lift(std::vector<double>& throughputs, const Server& server) {
  add_load(throughputs, server.span, -(server.throughput * (1 + epsilon)));
}

void Balance::settle(std::vector<double>& throughputs, Server& server, BlockSpan span) {
  add_load(throughputs, server.span, server.throughput * epsilon);
  server.span = span;
  add_load(throughputs, server.span, server.throughput);
}

Balance::Balance(const SwarmView& view, std::size_t self) : lifted_(static_cast<std::size_t>(view.blocks), 0.0) {
  EXPECT(self < view.nodes.size() && !view.nodes[self].span.empty());
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (i == self) own_ = servers_.size();
    if (view.nodes[i].span.empty()) continue;
    servers_.push_back({view.nodes[i].span, view.nodes[i].throughput});
    add_load(lifted_, view.nodes[i].span, view.nodes[i].throughput);
  }
  before_ = lowest(lifted_);
  lift(lifted_, servers_[own_]);
  without_ = lowest(lifted_);
  best_ = thinnest(lifted_, servers_[own_].span.size());
}

bool Balance::in_best_place() const { return best_ == servers_[own_].span; }

double Balance::after_own_move() const {
  std::vector<double> throughputs = lifted_;
  Server own = servers_[own_];
  settle(throughputs, own, best_);
  return lowest(throughputs);
}

double Balance::after_all_moves(Draw& draw) const {
  std::vector<double> throughputs = lifted_;
  std::vector<Server> servers = servers_;
  settle(throughputs, servers[own_], best_);
  std::vector<std::size_t> order(servers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  bool moved = true;
  for (int round = 0; moved; ++round) {
    if (round == most_rounds) throw RunError("rebalancing found no resting place (10000 rounds of moves)");
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draw.below(i)]);  // Fisher-Yates
    moved = false;
    for (std::size_t i : order) {
      lift(throughputs, servers[i]);
      const BlockSpan best = thinnest(throughputs, servers[i].span.size());
      if (!(best == servers[i].span)) moved = true;
      settle(throughputs, servers[i], best);
    }
  }
  return lowest(throughputs);
}

BlockSpan place_anew(const SwarmView& view, std::size_t self) {
  const int width = sharding::capacity(view.nodes[self], view.blocks);
  if (width == 0) return {};
  std::vector<double> throughputs(static_cast<std::size_t>(view.blocks), 0.0);
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    if (i != self) add_load(throughputs, view.nodes[i].span, view.nodes[i].throughput);
  }
  return thinnest(throughputs, width);
}

}  // namespace orrery::sim::rebalancing
