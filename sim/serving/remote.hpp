// Where a part of the entities lives in other processes (execution.mode = "live"): who is elsewhere, and the way there.
#pragma once

#include <cstring>

#include "sim/engine/simulation.hpp"

namespace orrery::sim::serving {

class Remote {
 public:
  virtual ~Remote() = default;
  virtual bool is_elsewhere(engine::EntityId entity) const = 0;
  // Takes the event's parcel and rows with it.
  virtual void send(const engine::Event& event) = 0;
};

// Sends a message on its way, wherever `to` lives; null: everybody is here.
template <class M>
void dispatch(engine::Simulation& simulation, Remote* remote, engine::EntityId from, engine::EntityId to,
              Duration delay, const M& message) {
  if (!remote || !remote->is_elsewhere(to)) {
    simulation.send(from, to, delay, message);
    return;
  }
  engine::Event event{.at = simulation.now() + delay, .to = to, .from = from, .kind = M::kind, .payload = {}};
  std::memcpy(event.payload.data(), &message, sizeof(M));
  remote->send(event);
}

}  // namespace orrery::sim::serving
