// The nodes of a large swarm: rows of tables. What a node is takes two bytes (Ground::kind), its life 24 (sessions on
// line are drawn when they begin: swarm::Life goes on from 16 bytes), its presence on line 88, each leg of a request
// that it holds 72. Four files: nodes.cpp (messages), nodes_life.cpp (coming, choosing blocks, announcing, leaving),
// nodes_seats.cpp (legs of requests), nodes_batches.cpp (batches).
//
// A node has one timer for what it does next of its own accord: join, announce, say that it leaves, leave. So an idle
// node has one pending event.
#pragma once

#include <span>
#include <vector>

#include "sim/fleet/directory.hpp"
#include "sim/fleet/ground.hpp"
#include "sim/fleet/level.hpp"
#include "sim/swarm/life.hpp"

namespace orrery::sim::fleet {

class Nodes {
 public:
  explicit Nodes(Ground& ground);

  // Registers every node with the engine. Who is on line at time zero serves at once what the sharding policy says when
  // they join one after another in order of their ids, with the weights in memory, is known to the directory, and is
  // anywhere in its announcement period.
  void begin(Directory& directory);
  void on_event(const engine::Event& event);
  // Asks for the memory that an event coming up will touch.
  void foresee(const engine::Event& event, int step) const;

  const Level& online() const { return online_; }
  const Level& live() const { return live_; }                                    // serve blocks
  const Level& busy() const { return busy_; }                                    // compute
  const std::vector<std::pair<Time, int>>& covered() const { return covered_; }  // blocks with a server, at changes
  std::size_t legs() const { return seats_.size(); }
  std::uint64_t state_hash() const;
  void finish(Time end);

 private:
  struct Row {
    swarm::Life::State life;        // before the session to come; on line: after the one at hand
    std::uint32_t presence = none;  // on line
    std::uint32_t jitter = 0;       // draws made for messages
  };
  // One line of the cache: what every message and every batch of a node looks at.
  struct alignas(64) Presence {
    Link link;
    Time computing_since;
    Duration computed;              // since the last announcement, the running batch not counted
    Duration waited;                // decode steps since the last announcement: from the queue to the output
    std::uint32_t step_blocks = 0;  // of those steps
    std::uint32_t seats = none;
    // The last of the seats whose item waits, in order of arrival; its in_line is the first of them.
    std::uint32_t decode = none, prefill = none;
    std::uint32_t running = none;  // seats in the batch at hand
    Blocks blocks;                 // empty: serves nothing
    bool computing : 1 = false, leaving : 1 = false, crash : 1 = false, choosing : 1 = false;
  };
  static_assert(sizeof(Presence) == 64);
  // What only the node's own timer looks at; at the same index.
  struct Agenda {
    Time announced;  // last
    float online_since_s = 0;
    std::uint32_t slot = none, sequence = 0;  // the timer; none: it is not set
  };
  // A leg of a request.
  struct Seat {
    Time queued;
    Time to_client, to_next;  // last arrivals there: a connection delivers in order
    std::uint32_t request = 0, slot = 0, client = 0, next = none;
    std::uint32_t position = 0;      // first that has not been queued
    std::uint32_t replay_until = 0;  // outputs below stay here
    std::uint32_t early = none;      // items that came before their turn, by position
    std::uint32_t on_node = none;    // the node's next seat
    std::uint32_t in_line = none;    // the next one in the queue or the batch
    std::uint32_t tokens : 29 = 0;   // positions that it has memory for
    // An item of it waits or runs: `count` rows before `position`; it runs; it was closed meanwhile.
    std::uint32_t busy : 1 = 0, running : 1 = 0, closed : 1 = 0;
    std::uint16_t count = 0;
    std::uint16_t leg = 0, next_leg = 0;
    Blocks blocks;
    std::uint32_t first() const { return position - count; }  // of the item
  };
  static_assert(sizeof(Seat) == 72);
  struct Early {
    std::uint32_t first = 0, next = none;
    std::uint16_t count = 0;
  };

  // nodes.cpp
  void receive(std::uint32_t node, const engine::Event& event);
  void lose(const engine::Event& event);
  double payload(const engine::Event& event) const;
  template <class M>
  void post(std::uint32_t node, engine::EntityId to, double bytes, const M& message, Time* after = nullptr) {
    Row& row = rows_[node];
    ground_.post(ground_.node(node), presence_[row.presence].link, row.jitter, to, bytes, message, after);
  }
  Presence& presence(std::uint32_t node) { return presence_[rows_[node].presence]; }
  Agenda& agenda(std::uint32_t node) { return agendas_[rows_[node].presence]; }
  std::uint32_t turn(std::uint32_t node) const { return rows_[node].life.count; }
  const NodeKind& kind(std::uint32_t node) const { return ground_.kind(node); }

  // nodes_life.cpp
  void chore(std::uint32_t node);
  void plan_chore(std::uint32_t node);
  void wait_for_session(std::uint32_t node);
  void come(std::uint32_t node);
  swarm::Session meet(std::uint32_t node);
  void ask_sums(std::uint32_t node);
  void choose(std::uint32_t node, const std::vector<double>& sums);
  BlockSpan join(std::uint32_t node, std::span<const double> sums, Draw& draw) const;
  void serve(std::uint32_t node, Blocks blocks);
  void stop_serving(std::uint32_t node);
  Announce announcement(std::uint32_t node) const;
  void announce(std::uint32_t node);
  void say_leaving(std::uint32_t node);
  void go(std::uint32_t node);
  void count_servers(Blocks blocks, int by);

  // nodes_seats.cpp
  double kv_left(std::uint32_t node) const;
  std::uint32_t find(std::uint32_t node, std::uint32_t request, std::uint16_t leg);
  Answer admit(std::uint32_t node, const Opening& opening);
  void open(std::uint32_t node, const Opening& opening);
  void close(std::uint32_t node, std::uint32_t request, std::uint16_t leg);
  void free_seat(std::uint32_t seat);
  void take_rows(std::uint32_t node, const Rows& rows);
  void queue(std::uint32_t node, std::uint32_t seat, std::uint32_t first, std::uint16_t count);
  void queue_early(std::uint32_t node, std::uint32_t seat);
  void leave_queue(Presence& p, std::uint32_t seat);

  // nodes_batches.cpp
  void wake(std::uint32_t node);
  void form_batch(Presence& p);
  std::size_t waiting(std::uint32_t last) const;
  void end_batch(std::uint32_t node);
  void deliver(std::uint32_t node, std::uint32_t seat);

  Ground& ground_;
  std::shared_ptr<const swarm::LifeModel> lives_;
  std::vector<Row, engine::PageAllocator<Row>> rows_;
  Slots<Presence> presence_;
  Slots<Agenda> agendas_;
  Slots<Seat> seats_;
  Slots<Early> early_;
  Level online_, live_, busy_;
  std::vector<int> servers_;  // block -> nodes that serve it
  int covered_now_ = 0;
  std::vector<std::pair<Time, int>> covered_;
  std::vector<execution::Work> works_;       // scratch
  mutable std::vector<NodeView> join_view_;  // scratch: the joining node, and one for each block
};

}  // namespace orrery::sim::fleet
