#include "sim/serving/peer.hpp"

#include <algorithm>
#include <type_traits>

#include "sim/serving/sizes.hpp"

namespace orrery::sim::serving {

Peer::Peer(World& world, engine::EntityId expected)
    : Host(world.simulation),
      world_(world),
      port_(world.topology.endpoint(expected.index()).up, world.topology.endpoint(expected.index()).down),
      record_(Duration::from_seconds(world.experiment.sample_period_s), world.trace),
      jitter_(world.seed, Stream::network, expected.index()) {
  EXPECT(id() == expected);
}

template <class M>
Bytes Peer::size_of(const M& message) const {
  if constexpr (std::is_same_v<M, Activation> || std::is_same_v<M, StageOutput> || std::is_same_v<M, Broken>) {
    return world_.rows_bytes(message.count);
  } else if constexpr (std::is_same_v<M, CopyCache> || std::is_same_v<M, RestoreCache>) {
    return world_.mail.caches.peek(message.parcel).bytes;
  } else if constexpr (std::is_same_v<M, OpenSession> || std::is_same_v<M, Redirect> || std::is_same_v<M, Vote> ||
                       std::is_same_v<M, NewName> || std::is_same_v<M, Bill>) {
    return Bytes(signed_bytes);
  } else if constexpr (std::is_same_v<M, Announce>) {
    return Bytes(announcement_bytes);
  } else if constexpr (std::is_same_v<M, ViewReply>) {
    return Bytes(announcement_bytes * static_cast<double>(world_.mail.snapshots.peek(message.parcel)->size()));
  } else if constexpr (std::is_same_v<M, Evidence>) {
    return world_.mail.evidence.peek(message.parcel).bytes;
  } else if constexpr (std::is_same_v<M, Question> || std::is_same_v<M, Reply> || std::is_same_v<M, ClaimEvidence>) {
    return Bytes(control_bytes + static_cast<double>(message.bytes));
  } else if constexpr (std::is_same_v<M, Query> || std::is_same_v<M, Passages>) {
    return Bytes(control_bytes + token_bytes * static_cast<double>(message.tokens));
  } else if constexpr (std::is_same_v<M, Claimed>) {
    const auto parts = world_.mail.claims.peek(message.parcel).parts.size();
    return Bytes(signed_bytes + part_bytes * static_cast<double>(parts));
  } else if constexpr (std::is_same_v<M, Summons>) {
    const auto parts = world_.mail.orders.peek(message.parcel).claim.parts.size();
    return Bytes(signed_bytes + part_bytes * static_cast<double>(parts));
  } else if constexpr (std::is_same_v<M, Seal> || std::is_same_v<M, Reveal>) {
    return Bytes(signed_bytes + hash_bytes);
  } else {
    return Bytes(control_bytes);
  }
}

Duration Peer::depart(engine::EntityId to, Bytes payload) {
  const Bytes wire = world_.topology.wire(payload);
  Connection& connection = connections_[to];
  // The connection carries the message as it comes out of the up link, behind what it carries already.
  const Duration carrying = world_.topology.connection_time(wire);
  const Time out = port_.send(now(), wire);
  connection.free = std::max(connection.free, out - port_.up_time(wire)) + carrying;
  const Time left = std::max(out, connection.free);
  connection.last_arrival = std::max(connection.last_arrival, left + path_time(to, wire));
  return connection.last_arrival - now();
}

Duration Peer::path_time(engine::EntityId to, Bytes wire) {
  return world_.topology.jittered(id().index(), to.index(), jitter_) +
         world_.topology.relay_delay(id().index(), to.index(), wire);
}

std::uint32_t Peer::haul(engine::EntityId to, Bytes wire) {
  const std::uint32_t number = ++hauls_begun_;
  const Bytes all = to == id() ? port_.begin_bulk_down(now(), wire) : port_.begin_bulk_up(now(), wire);
  world_.dispatch(id(), world_.carrier(), world_.simulation.lookahead(), Haul{number, to.index(), all.value()});
  return number;
}

std::uint32_t Peer::inflow(Bytes bytes) { return haul(id(), bytes); }

void Peer::break_off() {
  for (const auto& [number, body] : hauls_) {
    lose(body);
    port_.end_bulk_up();
  }
  hauls_.clear();
  world_.dispatch(id(), world_.carrier(), world_.simulation.lookahead(), Gone{});
}

// A number that is not known is of a message that was broken off, or of an inflow.
void Peer::hauled(std::uint32_t number, bool severed) {
  const auto found = hauls_.find(number);
  if (found == hauls_.end()) return severed ? void() : flowed_in(number);
  const engine::Event body = found->second;
  hauls_.erase(found);
  port_.end_bulk_up();
  if (severed) {
    lose(body);
  } else {
    deliver(body);
  }
}

// Its last byte has left. Asking for the transfer, and hearing of its end, took a lookahead each, which is no part of
// it.
void Peer::deliver(const engine::Event& body) {
  visit(body, [this, &body](const auto& message) {
    const Duration path = path_time(body.to, world_.topology.wire(size_of(message)));
    const Duration lookahead = world_.simulation.lookahead();
    Time& last = last_bulk_arrival_[body.to];
    last = std::max(last, now() + std::max(lookahead, path - lookahead * 2));
    world_.dispatch(id(), body.to, last - now(), message);
  });
}

bool Peer::breaks() {
  const double p = world_.topology.break_probability();
  return p > 0 && jitter_.uniform() < p;
}

void Peer::on_event(const engine::Event& event) {
  if (wake(event)) return;
  if (event.kind == Hauled::kind) return hauled(event.as<Hauled>().number, false);
  if (event.kind == Severed::kind) return hauled(event.as<Severed>().number, true);
  if (event.kind == Coming::kind) return port_.set_bulk_down(event.as<Coming>().some > 0);
  if (!reachable()) return lose(event);
  // What comes from oneself has been through the down link already.
  if (event.from == id()) return receive(event);
  visit(event, [this, &event](const auto& message) {
    const Bytes wire = world_.topology.wire(size_of(message));
    // A bulk transfer has been through it as well, but for its latency.
    const bool bulk = goes_in_bulk<std::remove_cvref_t<decltype(message)>>;
    const Time in = bulk ? now() : port_.receive(now(), wire);
    if (bulk) port_.end_bulk_down(wire);
    if (in == now()) return receive(event);
    world_.simulation.timer(id(), in - now(), message);
  });
}

// Nobody is there: the message is lost, and its body with it.
void Peer::lose(const engine::Event& event) {
  if (event.kind == OpenSession::kind) world_.mail.opens.take(event.as<OpenSession>().parcel);
  if (event.kind == ViewReply::kind) world_.mail.snapshots.take(event.as<ViewReply>().parcel);
  if (event.kind == CopyCache::kind) world_.mail.caches.take(event.as<CopyCache>().parcel);
  if (event.kind == RestoreCache::kind) world_.mail.caches.take(event.as<RestoreCache>().parcel);
  if (event.kind == Summons::kind) world_.mail.orders.take(event.as<Summons>().parcel);
  if (event.kind == Evidence::kind) world_.mail.evidence.take(event.as<Evidence>().parcel);
}

// The sizes are needed where messages are posted.
template Bytes Peer::size_of(const Activation&) const;
template Bytes Peer::size_of(const StageOutput&) const;
template Bytes Peer::size_of(const OpenSession&) const;
template Bytes Peer::size_of(const Opened&) const;
template Bytes Peer::size_of(const CloseSession&) const;
template Bytes Peer::size_of(const Redirect&) const;
template Bytes Peer::size_of(const Probe&) const;
template Bytes Peer::size_of(const Pong&) const;
template Bytes Peer::size_of(const GiveUp&) const;
template Bytes Peer::size_of(const Announce&) const;
template Bytes Peer::size_of(const Withdraw&) const;
template Bytes Peer::size_of(const AskView&) const;
template Bytes Peer::size_of(const ViewReply&) const;
template Bytes Peer::size_of(const Broken&) const;
template Bytes Peer::size_of(const CopyCache&) const;
template Bytes Peer::size_of(const RestoreCache&) const;
template Bytes Peer::size_of(const AskCopy&) const;
template Bytes Peer::size_of(const HasCopy&) const;
template Bytes Peer::size_of(const FetchCopy&) const;
template Bytes Peer::size_of(const Restored&) const;
template Bytes Peer::size_of(const Bill&) const;
template Bytes Peer::size_of(const Rehold&) const;
template Bytes Peer::size_of(const Adopt&) const;
template Bytes Peer::size_of(const Query&) const;
template Bytes Peer::size_of(const Passages&) const;
template Bytes Peer::size_of(const Claimed&) const;
template Bytes Peer::size_of(const Ruling&) const;
template Bytes Peer::size_of(const Summons&) const;
template Bytes Peer::size_of(const AskEvidence&) const;
template Bytes Peer::size_of(const Evidence&) const;
template Bytes Peer::size_of(const Question&) const;
template Bytes Peer::size_of(const Reply&) const;
template Bytes Peer::size_of(const Vote&) const;
template Bytes Peer::size_of(const ClaimEvidence&) const;
template Bytes Peer::size_of(const NewName&) const;
template Bytes Peer::size_of(const Seal&) const;
template Bytes Peer::size_of(const Unseal&) const;
template Bytes Peer::size_of(const Reveal&) const;
template Bytes Peer::size_of(const AskVotes&) const;
template Bytes Peer::size_of(const VotesSoFar&) const;

}  // namespace orrery::sim::serving
