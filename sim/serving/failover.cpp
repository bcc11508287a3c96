// What a failover policy adds to the life of a request: passes without caches, beginning again, and copies of KV caches
// that holders keep.
#include <algorithm>

#include "sim/serving/client.hpp"

namespace orrery::sim::serving {

void Client::feed_prompt(Session& s) {
  const Tokens prompt = s.request.prompt;
  if (s.image) return begin_pass(s, prompt);
  if (!care_.caches) return pass_all(s, prompt);
  begin_with_prefix(s);
  for (Tokens first = s.cached; first < prompt; first += world_.serving.prefill_chunk) {
    feed(s, first, std::min(world_.serving.prefill_chunk, prompt - first));
  }
}

// The step after the token at `position` is known.
void Client::feed_next(Session& s, Tokens position) {
  if (s.image) return begin_pass(s, s.request.prompt);
  care_.caches ? feed(s, position, 1) : pass_all(s, position + 1);
}

// Without caches a step is one pass over all positions, most of which have passed before: all but the newest; of the
// prompt's, or of an image's, all, if a step is repeated.
void Client::pass_all(Session& s, Tokens until) {
  if (s.pass > 0) s.record.replayed += std::max(s.request.prompt, until - 1);
  begin_pass(s, until);
}

// Of a pass before it nothing is left.
void Client::begin_pass(Session& s, Tokens until) {
  if (until > 0xffff) throw RunError("a pass of more than 65535 positions (failover.cacheless feeds them all at once)");
  ++s.pass;
  s.results = {};
  for (Leg& leg : s.chain) leg.inputs = {};
  feed(s, 0, until);
}

// Everybody answered, and no input is kept that could be missing somewhere. After some patience the step is repeated.
void Client::take_silence(Session& s, Tokens until) {
  constexpr int most_silences = 3;
  if (s.any_lost() || ++s.silences < most_silences) return;
  s.silences = 0;
  if (!care_.caches) return pass_all(s, until);
  for (Leg& leg : s.chain) leg.lost = true;
}

// Nothing of what the chain has done is of use any more, nor is what its nodes have still under way: no leg is left that
// would take it.
void Client::begin_again(Session& s) {
  s.record.replayed += std::max<Tokens>(0, s.results.known() - s.cached);
  s.results = {};
  s.cached = 0;
  for (Leg& leg : s.chain) release_copy(s, leg);
  s.chain.clear();
  s.again = true;
}

// Who serves elsewhere, said that it had room for a copy [token x block] and is nearest to the node; else the client,
// whose link is a home's.
engine::EntityId Client::bystander(NodeId node, Tokens room) const {
  const NodeView* best = nullptr;
  Duration least = Duration::max();
  for (const NodeView& other : *view_) {
    if (other.node == node || other.span.empty() || other.cache_left < room) continue;
    const Duration away = world_.topology.latency(node.index(), other.node.index());
    if (away >= least) continue;
    best = &other;
    least = away;
  }
  return best ? world_.entity(best->node) : id();
}

// `so_far`: who holds them.
engine::EntityId Client::holder_of(const Session& s, const std::vector<NodeId>& chain, std::size_t i,
                                   engine::EntityId so_far) const {
  if (care_.holder == failover::Holder::nobody) return {};
  if (care_.holder == failover::Holder::client) return id();
  const auto other = [&](NodeId node) { return node != chain[i]; };
  const auto at = chain.begin() + static_cast<std::ptrdiff_t>(i);
  if (const auto next = std::find_if(at, chain.end(), other); next != chain.end()) return world_.entity(*next);
  const auto back = std::find_if(std::make_reverse_iterator(at), chain.rend(), other);
  if (back != chain.rend()) return world_.entity(*back);
  // Alone in its chain. Whoever holds its copies goes on to do so, since another would have to be sent them all.
  return so_far ? so_far : bystander(chain[i], s.tokens() * world_.model.block_count());
}

// After a change of the chain: who is another's neighbour now holds its copies.
void Client::settle_holders(Session& s) {
  std::vector<NodeId> nodes;
  for (const Leg& leg : s.chain) nodes.push_back(leg.hop.node);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    Leg& leg = s.chain[i];
    const engine::EntityId holder = holder_of(s, nodes, i, leg.holder);
    if (holder == leg.holder) continue;
    release_copy(s, leg);
    leg.holder = holder;
    post(world_.entity(leg.hop.node), Rehold{s.request.id.index(), leg.leg, holder.index()});
  }
}

// A holder drops a copy as a node closes a session.
void Client::release_copy(Session& s, Leg& leg) {
  if (!leg.holder) return;
  if (leg.holder == id()) {
    s.copies.erase({s.request.id.index(), leg.leg});
  } else {
    post(leg.holder, CloseSession{s.request.id.index(), leg.leg});
  }
  leg.holder = {};
}

// Positions, from 0 on, of which holders have the KV entries of all legs of chain[begin, end).
engine::Task<Tokens> Client::count_copies(Session& s, std::size_t begin, std::size_t end) {
  if (care_.copy_every == 0) co_return 0;
  const auto lost = [&s, this](engine::EntityId holder) {
    return std::any_of(s.chain.begin(), s.chain.end(),
                       [&](const Leg& l) { return l.lost && world_.entity(l.hop.node) == holder; });
  };
  for (std::size_t i = begin; i < end; ++i) {
    Leg& leg = s.chain[i];
    const LegName name{s.request.id.index(), leg.leg};
    leg.copied.reset();
    if (leg.holder == id()) {
      leg.copied = s.copies.known(name);
    } else if (lost(leg.holder)) {
      leg.copied = 0;
    } else {
      post(leg.holder, AskCopy{name.request, name.leg, id().index()});
    }
  }
  const Time limit = now() + Duration::from_seconds(world_.serving.probe_timeout_s);
  const auto answered = [&s, begin, end] {
    for (std::size_t i = begin; i < end; ++i) {
      if (!s.chain[i].copied) return false;
    }
    return true;
  };
  while (!answered() && now() < limit) {
    auto waiting = s.changed.wait_for(limit - now());
    co_await waiting;
  }
  Tokens least = s.results.known();
  for (std::size_t i = begin; i < end; ++i) least = std::min(least, s.chain[i].copied.value_or(0));
  co_return std::max<Tokens>(least, 0);
}

// Of the positions that holders have, those up to which the client has the inputs of all lost legs, at an end of pieces
// of each: outputs of the last lost leg may have come in before inputs of the first, since each takes a path of its
// own.
Tokens Client::restorable(const Session& s, std::size_t begin, std::size_t end, Tokens copied) const {
  Tokens until = copied;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = begin; i < end; ++i) {
      const Inputs& inputs = s.chain[i].inputs;
      const Tokens here = inputs.boundary(std::min(until, inputs.known()));
      changed = changed || here < until;
      until = here;
    }
  }
  return until;
}

// Does each hop of the route but the first begin where a leg of chain[begin, end) does?
bool Client::aligned(const Session& s, const routing::Route& route, std::size_t begin, std::size_t end) const {
  for (std::size_t i = 1; i < route.size(); ++i) {
    bool found = false;
    for (std::size_t old = begin; old < end; ++old) {
      found = found || s.chain[old].hop.span.begin == route[i].span.begin;
    }
    if (!found) return false;
  }
  return true;
}

// Has holders of the copies of chain[begin, end) send them to the opened legs. False if it takes much longer than the
// links would need: then a holder has gone, or has not what it said.
engine::Task<bool> Client::restore(Session& s, std::size_t begin, std::size_t end, Tokens until) {
  Duration patience = Duration::from_seconds(world_.serving.step_timeout_s);
  for (const Leg& fresh : s.opening) {
    for (std::size_t i = begin; i < end; ++i) {
      const Duration needed = ask_for_pieces(s, s.chain[i], fresh, until);
      patience += needed + needed;
    }
  }
  const Time limit = now() + patience;
  const auto any = [&s](auto&& test) { return std::any_of(s.opening.begin(), s.opening.end(), test); };
  const auto missing = [](const Leg& l) { return !l.restored; };
  const auto lost = [](const Leg& l) { return l.lost; };
  while (any(missing) && !any(lost) && now() < limit) {
    auto waiting = s.changed.wait_for(limit - now());
    co_await waiting;
  }
  co_return !any(missing) && !any(lost);
}

// The transfer's time on an idle path; zero where the legs share no block.
Duration Client::ask_for_pieces(Session& s, const Leg& old, const Leg& fresh, Tokens until) {
  const BlockSpan blocks{std::max(old.hop.span.begin, fresh.hop.span.begin),
                         std::min(old.hop.span.end, fresh.hop.span.end)};
  if (blocks.empty()) return {};
  const engine::EntityId to = world_.entity(fresh.hop.node);
  const Bytes bytes = world_.kv_bytes(blocks, until);
  if (old.holder == id()) {
    const Copy* copy = s.copies.find({s.request.id.index(), old.leg});
    EXPECT(copy && copy->known >= until);
    failover_bytes_ += bytes;
    CacheBody body{{s.request.id.index(), fresh.leg}, copy->until(until), bytes};
    post(to, RestoreCache{world_.mail.caches.put(std::move(body))});
  } else {
    post(old.holder,
         FetchCopy{s.request.id.index(), old.leg, fresh.leg, to.index(), static_cast<std::uint32_t>(until),
                   static_cast<std::uint16_t>(fresh.hop.span.begin), static_cast<std::uint16_t>(fresh.hop.span.end)});
  }
  return network::transfer_time(bytes, world_.topology.path_rate(old.holder.index(), to.index()));
}

}  // namespace orrery::sim::serving
