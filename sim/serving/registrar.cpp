#include "sim/serving/registrar.hpp"

namespace orrery::sim::serving {

Duration announcement_expiry(const swarm::SwarmParams& params) {
  const double expiry = params.announce_expiry_s > 0 ? params.announce_expiry_s : 2 * params.announce_period_s;
  return Duration::from_seconds(expiry);
}

Registrar::Registrar(World& world) : Peer(world, world.directory()), directory_(announcement_expiry(world.swarm)) {}

void Registrar::preload(const std::vector<NodeView>& views) {
  for (const NodeView& view : views) directory_.announce(view);
  cached_.reset();
}

Snapshot Registrar::snapshot() {
  const bool changed = directory_.expire(now()) > 0;
  if (changed || !cached_) {
    const auto nodes = directory_.nodes();
    cached_ = std::make_shared<const std::vector<NodeView>>(nodes.begin(), nodes.end());
  }
  return cached_;
}

void Registrar::receive(const engine::Event& event) {
  if (event.kind == Announce::kind) {
    if (directory_.announce(world_.mail.announcements.take(event.as<Announce>().parcel))) cached_.reset();
  } else if (event.kind == Withdraw::kind) {
    if (directory_.withdraw(NodeId(event.as<Withdraw>().node), now())) cached_.reset();
  } else {
    const auto ask = event.as<AskView>();
    post(engine::EntityId(ask.asker), ViewReply{world_.mail.snapshots.put(snapshot())});
  }
}

}  // namespace orrery::sim::serving
