// The network under bulk transfers (weights, copies of KV caches): it moves them as flows that share the access links
// max-min fairly (network/flows.hpp). Transfers between the same two endpoints go one after another, as on one
// connection; those between others share. A peer says what it wants carried (Haul) and hears when the last byte is
// through (Hauled), or that the other end has gone (Severed); what was carried it sends itself then, and takes off the
// path's latency the two lookaheads that the asking took. Whose down link carries something is told (Coming), for its
// messages then have half of it (network/port.hpp).
#pragma once

#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "sim/network/flows.hpp"
#include "sim/network/topology.hpp"
#include "sim/serving/messages.hpp"
#include "sim/serving/remote.hpp"

namespace orrery::sim::serving {

class Carrier {
 public:
  // One up and one down link for each endpoint of the topology; `remote`, if not null, is the way to who is elsewhere.
  Carrier(engine::Simulation& simulation, const network::Topology& topology, Remote* remote = nullptr);
  engine::EntityId id() const { return id_; }
  void on_event(const engine::Event& event);

 private:
  // Everything between two endpoints. A transfer to oneself comes from outside, over the own down link alone.
  using Connection = std::pair<engine::EntityId, engine::EntityId>;
  struct Transfer {
    std::uint32_t number = 0;  // the sender's
    Bytes bytes;
  };
  struct Line {
    std::deque<Transfer> transfers;  // the first is on its way
    Time begun;
    engine::TimerId through;  // set: its last byte is off the links, and waits for the connection
  };

  void begin(Connection connection, Line& line);
  void advance();
  void end(Connection connection, Line& line);
  void sever(engine::EntityId gone);
  void leave_link(engine::EntityId to);
  void plan();
  template <class M>
  void tell(engine::EntityId to, const M& message);

  engine::Simulation& simulation_;
  const network::Topology& topology_;
  Remote* remote_;
  engine::EntityId id_;
  network::Flows flows_;
  std::map<Connection, Line> lines_;
  std::vector<std::uint32_t> coming_;  // by endpoint: transfers over its down link
  std::vector<network::Flows::Completion> done_;
  engine::TimerId timer_;
  Time planned_ = Time::never();
};

}  // namespace orrery::sim::serving
