// What a node does with messages, and the sessions it holds.
//
// Activations of a session are processed in the order of their positions, each position once: a duplicate (a client
// that resends after silence, a predecessor and a client that both forward after a failover) is dropped, and what comes
// early waits. So a chain survives any interleaving of failovers and late messages.
#include "sim/serving/node.hpp"

namespace orrery::sim::serving {

void Node::receive(const engine::Event& event) {
  switch (event.kind) {
    case Activation::kind:
      return take_in(event.as<Activation>());
    case OpenSession::kind:
      return open(world_.mail.opens.take(event.as<OpenSession>().parcel));
    case CloseSession::kind: {
      const auto m = event.as<CloseSession>();
      return close({m.request, m.leg});
    }
    case Redirect::kind: {
      const auto m = event.as<Redirect>();
      const auto found = sessions_.find({m.request, m.leg});
      if (found == sessions_.end()) return;
      found->second.spec.next = engine::EntityId(m.next);
      found->second.spec.next_leg = m.next_leg;
      return;
    }
    case Probe::kind: {
      const auto m = event.as<Probe>();
      const auto found = sessions_.find({m.request, m.leg});
      const bool alive = found != sessions_.end();
      const auto queued = alive ? static_cast<std::uint32_t>(found->second.next) : 0u;
      return post(engine::EntityId(m.client), Pong{m.request, m.leg, alive, queued});
    }
    case ViewReply::kind: {
      const Snapshot view = world_.mail.snapshots.take(event.as<ViewReply>().parcel);
      return views_.push(view);
    }
    default:
      fail_contract("precondition", "a message for a node", __FILE__, __LINE__);
  }
}

Bytes Node::kv_bytes(BlockSpan blocks, Tokens tokens) const {
  double per_token = 0;
  for (int b = blocks.begin; b < blocks.end; ++b) {
    per_token += world_.model.blocks[static_cast<std::size_t>(b)].kv_per_token.value();
  }
  return Bytes(per_token * static_cast<double>(tokens));
}

Answer Node::admit(const OpenBody& body) {
  if (span_.empty()) return Answer::not_ready;
  if (body.blocks.begin < span_.begin || body.blocks.end > span_.end) return Answer::wrong_blocks;
  const bool grows = world_.serving.kv_admission == "grow";
  const Tokens reserve = grows ? body.at_once : body.tokens;
  if (!kv_.admit(body.name, kv_bytes(body.blocks, reserve))) return Answer::no_memory;
  Session& session = sessions_[body.name];
  session.spec = body;
  session.reserved = reserve;
  return Answer::opened;
}

void Node::open(const OpenBody& body) {
  EXPECT(!sessions_.contains(body.name));
  post(body.client, Opened{body.name.request, body.name.leg, admit(body)});
}

void Node::close(LegName name) {
  if (sessions_.erase(name) == 0) return;
  kv_.release(name);
  queue_.forget(name);
  world_.numbers.drop({node_, RequestId(name.request), name.leg});
}

void Node::give_up(LegName name, Reason reason) {
  post(sessions_.at(name).spec.client, GiveUp{name.request, name.leg, reason});
  close(name);
}

void Node::take_in(const Activation& a) {
  const LegName name{a.request, a.leg};
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) return;  // closed, evicted, or of a former life; the client will find out
  Session& session = found->second;
  if (a.first < session.next) return;
  session.early.try_emplace(a.first, Item{name, a.first, a.count, a.rows, {}});
  if (!session.busy) queue_next(name, session);
}

void Node::queue_next(LegName name, Session& session) {
  const auto next = session.early.find(session.next);
  if (next == session.early.end()) return;
  Item item = next->second;
  item.queued = now();
  if (!make_room(name, session, item.first + item.count)) return give_up(name, Reason::evicted);
  session.early.erase(next);
  session.next = item.first + item.count;
  session.busy = true;
  queue_.push(item);
  work_.notify_all();
}

// Memory for positions below `until`. Who was admitted last gives way, so the oldest sessions always get on; false:
// that is this session itself.
bool Node::make_room(LegName name, Session& session, Tokens until) {
  EXPECT(until <= session.spec.tokens);
  if (until <= session.reserved) return true;
  const Bytes more = kv_bytes(session.spec.blocks, until - session.reserved);
  while (!kv_.grow(name, more)) {
    const std::optional<LegName> victim = kv_.newest();
    ++evictions_;
    if (*victim == name) return false;
    give_up(*victim, Reason::evicted);
  }
  session.reserved = until;
  return true;
}

}  // namespace orrery::sim::serving
