// The balance of a swarm as one of its servers sees it: what the thinnest block has now, and what it would have if
// that server, or everybody, moved. The arithmetic is Petals' (should_choose_other_blocks in block_selection.py at
// 22afba6), step by step, so that its answers can be compared bit by bit.
#pragma once

#include <vector>

#include "sim/random.hpp"
#include "sim/view.hpp"

namespace orrery::sim::rebalancing {

// A server discounts its own throughput by this fraction, so that it prefers to stay where it is.
inline constexpr double epsilon = 1e-3;

class Balance {
 public:
  // view.nodes[self] serves a non-empty span.
  Balance(const SwarmView& view, std::size_t self);

  double before() const { return before_; }    // throughput of the thinnest block [requests/s]
  double without() const { return without_; }  // the same without the server itself
  // Would the model lose a block that it has, if the server went away?
  bool needs_self() const { return before_ > epsilon && without_ <= 0; }
  // The server's best place, its width kept, beside the others as they are.
  BlockSpan best() const { return best_; }
  bool in_best_place() const;

  // Throughput of the thinnest block once the server alone has moved to its best place.
  double after_own_move() const;
  // The same once all servers have moved, in random order, each to its best place, until nobody wants to.
  double after_all_moves(Draw& draw) const;

 private:
  struct Server {
    BlockSpan span;
    double throughput = 0;
  };
  // Takes the server out of the sums by a little more than it put in: without that, rounding would cause moves.
  static void lift(std::vector<double>& throughputs, const Server& server);
  // Puts a lifted server down at `span`.
  static void settle(std::vector<double>& throughputs, Server& server, BlockSpan span);

  std::vector<double> lifted_;  // per block, without the server itself
  std::vector<Server> servers_;
  std::size_t own_ = 0;
  double before_ = 0;
  double without_ = 0;
  BlockSpan best_;
};

// Where the node would be placed if it joined now: the thinnest run that it has room for, without itself in the sums.
BlockSpan place_anew(const SwarmView& view, std::size_t self);

}  // namespace orrery::sim::rebalancing
