// Prefixes on nodes: what a session leaves behind for later requests that begin alike, and how they begin with it.
//
// Entries are offered once their session closes after a complete request, and hold memory of the node from then on.
// They give way to everything else, the longest unused first. A session that adopts them has its whole cache reserved
// like any other: what is saved is the computing of the prefix, not its memory.
#include "sim/serving/node.hpp"

namespace orrery::sim::serving {

// The session has passed the end of its prefix: copies the entries, for the time when it is over.
void Node::copy_prefix(LegName name, Session& session) {
  const workload::Prefix prefix = session.spec.prefix;
  if (!world_.serving.prefix_cache || !prefix || !session.spec.care.caches) return;
  if (session.prefix_rows || session.computed < prefix.tokens || prefixes_.find(prefix, session.spec.blocks)) return;
  session.prefix_rows = world_.numbers.keep(key(name), session.spec.blocks, prefix.tokens);
}

// Memory of the session has been released.
void Node::offer_prefix(LegName name, const Session& session) {
  const BlockSpan blocks = session.spec.blocks;
  const workload::Prefix prefix = session.spec.prefix;
  const bool known = prefixes_.find(prefix, blocks) != nullptr;
  if (!known) {
    if (const std::optional<KeptPrefix> other = prefixes_.take(prefix.group)) let_go(*other);
  }
  if (known || !kv_.admit(name, world_.kv_bytes(blocks, prefix.tokens))) {
    return world_.numbers.forget(key(name), *session.prefix_rows);
  }
  prefixes_.put({name, prefix, blocks, *session.prefix_rows, now()});
}

void Node::let_go(const KeptPrefix& kept) {
  kv_.release(kept.maker);
  world_.numbers.forget(key(kept.maker), kept.rows);
}

// What may go when memory is short, in this order; false: nothing of the kind is here.
bool Node::free_kept() {
  if (const std::optional<KeptPrefix> oldest = prefixes_.take_oldest()) {
    let_go(*oldest);
    return true;
  }
  if (copies_.empty()) return false;
  drop_copy(copies_.last());
  return true;
}

Bytes Node::kept_bytes() const {
  Bytes all;
  for (const auto& [group, kept] : prefixes_.all()) all += world_.kv_bytes(kept.blocks, kept.prefix.tokens);
  return all;
}

void Node::adopt(const Adopt& m) {
  const LegName name{m.request, m.leg};
  const auto found = sessions_.find(name);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  EXPECT(session.next == 0);
  KeptPrefix* kept = prefixes_.find(session.spec.prefix, session.spec.blocks);
  // It had to give way in the meantime.
  if (!kept || !make_room(name, session, m.tokens)) return give_up(name, Reason::evicted);
  kept = prefixes_.find(session.spec.prefix, session.spec.blocks);
  if (!kept) return give_up(name, Reason::evicted);
  kept->used = now();
  world_.numbers.adopt(key(name), session.spec.blocks, {kept->blocks, 0, m.tokens, kept->rows});
  session.next = session.computed = m.tokens;
  queue_next(name, session);
}

}  // namespace orrery::sim::serving
