// Copies of KV caches on nodes: what a session sends to its holder, what a holder keeps and hands out, and how a
// session that replaces a lost one begins with them.
#include <algorithm>

#include "sim/serving/node.hpp"

namespace orrery::sim::serving {

// KV entries of the positions that the holder does not have yet.
void Node::send_new_entries(LegName name, Session& session) {
  if (!session.spec.holder || session.computed == session.copied) return;
  const BlockSpan blocks = session.spec.blocks;
  const Tokens count = session.computed - session.copied;
  CacheBody body{name, {world_.numbers.save(key(name), blocks, session.copied, count)}, world_.kv_bytes(blocks, count)};
  failover_bytes_ += body.bytes;
  session.copied = session.computed;
  post(session.spec.holder, CopyCache{world_.mail.caches.put(std::move(body))});
}

void Node::change_holder(LegName name, Session& session, engine::EntityId holder) {
  session.spec.holder = holder;
  session.copied = 0;  // the new one has nothing
  send_new_entries(name, session);
}

// A copy never displaces anything: where memory is short, what there is of it goes as well, since a part is of no use.
void Node::keep_copy(const CacheBody& body) {
  if (span_.empty()) return;
  for (const execution::CachePiece& piece : body.pieces) {
    if (piece.first == 0 && copies_.find(body.leg)) drop_copy(body.leg);
    const Copy* copy = copies_.add(body.leg, piece);
    if (!copy) return;
    const Bytes bytes = world_.kv_bytes(piece.blocks, piece.count);
    const bool fits = piece.first == 0 ? kv_.admit(body.leg, bytes) : kv_.grow(body.leg, bytes);
    if (fits) continue;
    copies_.erase(body.leg);
    if (piece.first > 0) kv_.release(body.leg);
    return;
  }
}

void Node::drop_copy(LegName name) {
  if (copies_.erase(name)) kv_.release(name);
}

// Pieces go as they came; of one that reaches beyond the new leg's blocks, or beyond `until`, only what is needed is on
// the wire.
void Node::hand_out(const FetchCopy& m) {
  const Copy* copy = copies_.find({m.request, m.leg});
  if (!copy || copy->known < m.until) return;  // the client will see that nothing comes
  const Bytes bytes = world_.kv_bytes(copy->overlap({m.begin, m.end}), m.until);
  CacheBody body{{m.request, m.to_leg}, copy->until(m.until), bytes};
  if (engine::EntityId(m.to) == id()) return take_restored(body);
  failover_bytes_ += body.bytes;
  post(engine::EntityId(m.to), RestoreCache{world_.mail.caches.put(std::move(body))});
}

// When every block has all its positions the session goes on as if it had computed them.
void Node::take_restored(const CacheBody& body) {
  const auto found = sessions_.find(body.leg);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  if (session.next >= session.spec.restore) return;  // it has what it was to have
  const BlockSpan blocks = session.spec.blocks;
  for (const execution::CachePiece& piece : body.pieces) {
    world_.numbers.restore(key(body.leg), blocks, piece);
    for (int b = std::max(blocks.begin, piece.blocks.begin); b < std::min(blocks.end, piece.blocks.end); ++b) {
      session.restored[static_cast<std::size_t>(b - blocks.begin)] = piece.first + piece.count;
    }
  }
  const auto complete = [&session](Tokens known) { return known >= session.spec.restore; };
  if (!std::all_of(session.restored.begin(), session.restored.end(), complete)) return;
  if (!make_room(body.leg, session, session.spec.restore)) return give_up(body.leg, Reason::evicted);
  session.next = session.computed = session.spec.restore;
  post(session.spec.client, Restored{body.leg.request, body.leg.leg});
  queue_next(body.leg, session);
}

}  // namespace orrery::sim::serving
