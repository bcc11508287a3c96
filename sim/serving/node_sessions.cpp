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
      const auto found = sessions_.find({m.request, m.leg});
      if (m.served && found != sessions_.end()) answer_for(found->first, found->second);
      return close({m.request, m.leg}, m.served);
    }
    case Redirect::kind: {
      const auto m = event.as<Redirect>();
      const auto found = sessions_.find({m.request, m.leg});
      if (found == sessions_.end()) return;
      found->second.spec.next = engine::EntityId(m.next);
      found->second.spec.next_leg = m.next_leg;
      return;
    }
    case Broken::kind: {
      const auto m = event.as<Broken>();
      if (sessions_.contains({m.request, m.leg})) give_up({m.request, m.leg}, Reason::broken);
      return;
    }
    case CopyCache::kind:
      return keep_copy(world_.mail.caches.take(event.as<CopyCache>().parcel));
    case RestoreCache::kind:
      return take_restored(world_.mail.caches.take(event.as<RestoreCache>().parcel));
    case FetchCopy::kind:
      return hand_out(event.as<FetchCopy>());
    case AskCopy::kind: {
      const auto m = event.as<AskCopy>();
      const auto known = static_cast<std::uint32_t>(copies_.known({m.request, m.leg}));
      return post(engine::EntityId(m.asker), HasCopy{m.request, m.leg, known});
    }
    case Rehold::kind: {
      const auto m = event.as<Rehold>();
      const auto found = sessions_.find({m.request, m.leg});
      if (found == sessions_.end()) return;
      return change_holder(found->first, found->second, engine::EntityId(m.holder));
    }
    case Adopt::kind:
      return adopt(event.as<Adopt>());
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
    case AskEvidence::kind:
      return hand_over(event.as<AskEvidence>());
    case Question::kind:
      return reply(event.as<Question>());
    case Ruling::kind:
      return hear(event.as<Ruling>());
    case Summons::kind:
      return take_order(world_.mail.orders.take(event.as<Summons>().parcel));
    case Unseal::kind:
      return unseal(event.as<Unseal>().audit);
    case VotesSoFar::kind:
      return read_votes(event.as<VotesSoFar>());
    case Evidence::kind:
      return take_evidence(world_.mail.evidence.take(event.as<Evidence>().parcel));
    case Reply::kind: {
      const auto m = event.as<Reply>();
      const auto found = duties_.find(m.audit);
      if (found == duties_.end() || found->second.round != m.round) return;
      ++found->second.round;
      return found->second.changed.notify_all();
    }
    default:
      fail_contract("precondition", "a message for a node", __FILE__, __LINE__);
  }
}

Answer Node::admit(const OpenBody& body) {
  if (span_.empty()) return Answer::not_ready;
  if (body.blocks.begin < span_.begin || body.blocks.end > span_.end) return Answer::wrong_blocks;
  const bool grows = world_.serving.kv_admission == "grow" && body.care.caches;
  const Tokens reserve = grows ? body.at_once : body.tokens;
  // Without caches a pass needs the keys and values of one block at a time.
  const BlockSpan held = body.care.caches ? body.blocks : BlockSpan{body.blocks.begin, body.blocks.begin + 1};
  while (!kv_.admit(body.name, world_.kv_bytes(held, reserve))) {
    if (!free_kept()) return Answer::no_memory;
  }
  Session& session = sessions_[body.name];
  session.spec = body;
  session.reserved = reserve;
  make_up_mind(session);
  session.restored.assign(static_cast<std::size_t>(body.restore > 0 ? body.blocks.size() : 0), 0);
  return Answer::opened;
}

void Node::open(const OpenBody& body) {
  EXPECT(!sessions_.contains(body.name));
  const Answer answer = admit(body);
  KeptPrefix* kept = prefixes_.find(body.prefix, body.blocks);
  if (kept) kept->used = now();
  const auto cached = static_cast<std::uint32_t>(kept && body.care.caches ? body.prefix.tokens : 0);
  post(body.client, Opened{body.name.request, body.name.leg, answer, cached});
}

void Node::close(LegName name, bool served) {
  if (copies_.find(name)) return drop_copy(name);
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) return;
  const Session session = std::move(found->second);
  sessions_.erase(found);
  kv_.release(name);
  queue_.forget(name);
  world_.numbers.drop(key(name));
  if (!session.prefix_rows) return;
  served ? offer_prefix(name, session) : world_.numbers.forget(key(name), *session.prefix_rows);
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
  if (a.pass < session.pass) return;
  if (a.pass > session.pass) rewind(name, session, a.pass);
  if (a.first < session.next) return;
  session.early.try_emplace(a.first, Item{name, a.first, a.count, a.rows, {}, a.pass, session.spec.blocks});
  if (!session.busy) queue_next(name, session);
}

// A new pass over all positions: whatever the last one left is given up.
void Node::rewind(LegName name, Session& session, std::uint32_t pass) {
  queue_.forget(name);
  world_.numbers.drop(key(name));
  session.pass = pass;
  session.next = session.computed = 0;
  session.busy = false;
  session.early.clear();
  session.work.taken.clear();
  session.work.surplus = 0;
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
  waiting_rows_ += world_.rows_bytes(item.count);
  work_.notify_all();
}

// Memory for positions below `until`. Kept prefixes and copies give way to sessions, and of these who was admitted
// last, so the oldest sessions always get on; false: that is this session itself.
bool Node::make_room(LegName name, Session& session, Tokens until) {
  EXPECT(until <= session.spec.tokens);
  if (until <= session.reserved) return true;
  const Bytes more = world_.kv_bytes(session.spec.blocks, until - session.reserved);
  while (!kv_.grow(name, more)) {
    if (!free_memory(name)) return false;
  }
  session.reserved = until;
  return true;
}

bool Node::free_memory(LegName keep) {
  if (free_kept()) return true;
  const std::optional<LegName> victim = kv_.newest();
  if (victim->leg == audit_leg) {
    decline(victim->request);
    return true;
  }
  ++evictions_;
  if (*victim == keep) return false;
  give_up(*victim, Reason::evicted);
  return true;
}

}  // namespace orrery::sim::serving
