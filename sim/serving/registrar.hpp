// The directory as an entity: nodes announce themselves to it, clients and joining nodes ask it. It stands for a
// registry or a DHT; what it knows is as old as the last announcements that reached it.
#pragma once

#include "sim/serving/peer.hpp"
#include "sim/swarm/directory.hpp"

namespace orrery::sim::serving {

class Registrar final : public Peer {
 public:
  explicit Registrar(World& world);

  // What it knows before the run begins.
  void preload(const std::vector<NodeView>& views);
  // What an asker would be told now. Immutable; shared by all who ask between two changes.
  Snapshot snapshot();

 private:
  void receive(const engine::Event& event) override;

  swarm::Directory directory_;
  Snapshot cached_;
};

// Announcements live for announce_expiry_s, or two periods.
Duration announcement_expiry(const swarm::SwarmParams& params);

}  // namespace orrery::sim::serving
