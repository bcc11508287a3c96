// An entity with an access link. What it sends queues on its up link, crosses the network and queues on the receiver's
// down link; the receiver sees the message when the last byte is in.
#pragma once

#include <cstring>
#include <map>
#include <type_traits>

#include "sim/engine/host.hpp"
#include "sim/network/port.hpp"
#include "sim/serving/recorder.hpp"
#include "sim/serving/world.hpp"

namespace orrery::sim::serving {

// Large bodies, which nobody's next step waits for: bulk transfers (network/port.hpp).
template <class M>
inline constexpr bool goes_in_bulk = std::is_same_v<M, CopyCache> || std::is_same_v<M, RestoreCache>;

class Peer : public engine::Host {
 public:
  Peer(World& world, engine::EntityId expected);

  const network::Port& port() const { return port_; }
  const Recorder& record() const { return record_; }
  // What it sent that carries no activations.
  std::uint64_t control_messages_sent() const { return control_sent_; }
  Bytes control_bytes_sent() const { return control_sent_bytes_; }
  // Payload put on the link for the sake of failover: copies of caches, their restoration, inputs sent again.
  Bytes failover_bytes() const { return failover_bytes_; }
  // On the wire for the sake of audits.
  Bytes audit_bytes() const { return audit_bytes_; }

 protected:
  // A message has been taken in completely.
  virtual void receive(const engine::Event& event) = 0;
  // Is anybody there? What arrives while not is lost.
  virtual bool reachable() const { return true; }
  // All bytes of an inflow have come.
  virtual void flowed_in(std::uint32_t) {}
  // Takes bytes in from outside the swarm, in bulk; the number is for flowed_in().
  std::uint32_t inflow(Bytes bytes);
  // It goes off line: its bulk transfers break off.
  void break_off();

  template <class M>
  void post(engine::EntityId to, const M& message) {
    const Bytes payload = size_of(message);
    if constexpr (!carries_data<M>) {
      ++control_sent_;
      control_sent_bytes_ += world_.topology.wire(payload);
    }
    if constexpr (of_audit<M>) audit_bytes_ += world_.topology.wire(payload);
    if constexpr (goes_in_bulk<M>) {
      engine::Event kept{.to = to, .kind = M::kind, .payload = {}};
      std::memcpy(kept.payload.data(), &message, sizeof(M));
      hauls_[haul(to, world_.topology.wire(payload))] = kept;
    } else {
      world_.dispatch(id(), to, depart(to, payload), message);
    }
  }
  // The same for rows that the next stage of a chain waits for: the connection under them may break.
  template <class M>
  void post_rows(engine::EntityId to, const M& message) {
    if (breaks()) return post(to, Broken{message.request, message.leg, message.count});
    post(to, message);
  }
  Time now() const { return world_.simulation.now(); }

  World& world_;
  network::Port port_;
  Recorder record_;
  Bytes failover_bytes_;

 private:
  void on_event(const engine::Event& event) final;
  bool breaks();
  // Puts bytes on the up link; returns the time until they are at the far end.
  Duration depart(engine::EntityId to, Bytes payload);
  // From the last byte's leaving to its arrival at the far end.
  Duration path_time(engine::EntityId to, Bytes wire);
  std::uint32_t haul(engine::EntityId to, Bytes wire);
  void hauled(std::uint32_t number, bool severed);
  void deliver(const engine::Event& body);
  void lose(const engine::Event& event);
  // Payload of a message on the wire; framing comes on top (network.message_overhead_bytes).
  template <class M>
  Bytes size_of(const M& message) const;

  Bytes audit_bytes_;
  std::uint64_t control_sent_ = 0;
  Bytes control_sent_bytes_;
  Draw jitter_;
  struct Connection {
    Time free;          // when it has carried all that it was given
    Time last_arrival;  // it delivers in order, whatever the jitter
  };
  std::map<engine::EntityId, Connection> connections_;
  std::map<engine::EntityId, Time> last_bulk_arrival_;  // by connection, likewise in order
  std::map<std::uint32_t, engine::Event> hauls_;        // messages whose bodies are on their way, by number
  std::uint32_t hauls_begun_ = 0;
};

}  // namespace orrery::sim::serving
