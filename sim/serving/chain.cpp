// Building the chain of a request and repairing it.
//
// With failover.replay the client keeps the inputs of every leg (each node sends its outputs to its successor and to
// the client), so a lost leg is rebuilt without touching the others: route the lost span anew, open sessions there,
// send the kept inputs through to rebuild the KV cache, and go on where the chain stopped. The legs before and after
// keep their caches. This is Petals' client-side recovery (Borzunov et al. 2023, section 3.1). What other policies do
// instead is in failover.cpp.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "sim/serving/client.hpp"

namespace orrery::sim::serving {

Time Client::deadline(const Session& s) const {
  return s.request.arrival + Duration::from_seconds(world_.serving.request_timeout_s);
}

void Client::send_rows(const Session& s, Leg& leg, Tokens first, Tokens count, execution::Handle rows) {
  leg.latest = {first, now()};
  post_rows(world_.entity(leg.hop.node), Activation{s.request.id.index(), leg.leg, static_cast<std::uint16_t>(count),
                                                    static_cast<std::uint32_t>(first), s.pass, rows});
}

// Embeds positions [first, first + count) and sends them into the chain.
void Client::feed(Session& s, Tokens first, Tokens count) {
  const execution::Handle rows = world_.numbers.embed(s.request.id, first, count);
  Leg& leg = s.chain.front();
  leg.inputs.add(first, {count, rows});
  send_rows(s, leg, first, count, rows);
}

// Waits until the chain has put out positions [0, until), repairing it as often as needed.
engine::Task<Cause> Client::advance(Session& s, Tokens until) {
  const Duration patience = Duration::from_seconds(world_.serving.step_timeout_s);
  for (;;) {
    settle_race(s);
    if (s.results.known() >= until) co_return Cause::none;
    if (now() >= deadline(s)) co_return Cause::timed_out;
    if (s.any_lost()) {
      auto repairing = repair(s);
      const Cause cause = co_await repairing;
      if (cause != Cause::none) co_return cause;
      if (s.again) co_return Cause::none;
      if (!care_.caches) pass_all(s, until);
      continue;
    }
    const Time until_late = std::max(now(), s.late.value_or(deadline(s)));
    auto waiting = s.changed.wait_for(std::min({patience, deadline(s) - now(), until_late - now()}));
    const bool heard = co_await waiting;
    if (s.late && now() >= *s.late) {
      auto hedging = hedge(s);
      co_await hedging;
      continue;
    }
    if (heard || now() >= deadline(s)) continue;
    auto probing = probe(s);
    co_await probing;
    care_.inputs ? resend(s) : take_silence(s, until);
    if (s.again) co_return Cause::none;
  }
}

// Silence: asks every node of the chain whether it is still there. Who does not answer in time is lost.
engine::Task<void> Client::probe(Session& s) {
  for (Leg& leg : s.chain) {
    leg.ponged = false;
    post(world_.entity(leg.hop.node), Probe{s.request.id.index(), leg.leg, id().index()});
  }
  const Time limit = now() + Duration::from_seconds(world_.serving.probe_timeout_s);
  const auto all_answered = [&s] {
    return std::all_of(s.chain.begin(), s.chain.end(), [](const Leg& l) { return l.ponged; });
  };
  while (!all_answered() && now() < limit) {
    auto waiting = s.changed.wait_for(limit - now());
    co_await waiting;
  }
  for (Leg& leg : s.chain) {
    if (leg.ponged) continue;
    leg.lost = true;
    leg.avoid = true;
  }
}

// Inputs that the client knows of and a living leg never got: they went to a node that was dead by then.
void Client::resend(Session& s) {
  for (Leg& leg : s.chain) {
    if (leg.lost || !leg.ponged || leg.queued >= leg.inputs.known()) continue;
    for (const auto& [first, piece] : leg.inputs.after(leg.queued)) send_rows(s, leg, first, piece.count, piece.rows);
  }
}

engine::Task<Cause> Client::repair(Session& s) {
  while (s.any_lost()) {
    const auto lost = [](const Leg& l) { return l.lost; };
    const auto first = std::find_if(s.chain.begin(), s.chain.end(), lost);
    const auto last = std::find_if_not(first, s.chain.end(), lost);
    const auto begin = static_cast<std::size_t>(first - s.chain.begin());
    const auto end = static_cast<std::size_t>(last - s.chain.begin());
    if (!s.recovering_since) s.recovering_since = now();
    s.recovering_at = std::max(s.recovering_at, s.results.known());
    ++s.record.failovers;
    record_.add(Series::failovers, now());
    auto repairing = repair_run(s, begin, end);
    const Cause cause = co_await repairing;
    if (cause != Cause::none) co_return cause;
  }
  co_return Cause::none;
}

// The legs of chain[begin, end) are lost: the policy says what can be saved.
engine::Task<Cause> Client::repair_run(Session& s, std::size_t begin, std::size_t end) {
  auto counting = count_copies(s, begin, end);
  const Tokens copied = co_await counting;
  const Tokens done = s.outputs(end - 1).known();
  const failover::Loss loss{done, std::min(copied, done), end - begin, s.chain.size()};
  const failover::Recovery how = world_.failover.recover(loss);
  EXPECT(how.restored <= loss.copied);
  // Inputs of positions that passed no leg are nowhere.
  const bool restart = how.restart || s.cached > 0;
  if (restart) begin = 0, end = s.chain.size();
  for (std::size_t i = begin; i < end; ++i) {
    observe(s.chain[i].lost ? routing::Observation::What::lost : routing::Observation::What::closed, s.chain[i],
            i > 0 ? s.chain[i - 1].hop.node : NodeId());
    close_leg(s, s.chain[i]);
    // A node that said goodbye is paid for what it did; one that fell silent failed.
    s.put_down(i, s.chain[i].avoid);
    if (s.chain[i].avoid) ban(s.chain[i].hop.node);
  }
  if (restart) {
    begin_again(s);
    begin = end = 0;
  }
  const Tokens restored = restart ? 0 : restorable(s, begin, end, how.restored);
  auto replacing = replace(s, begin, end, restored);
  const Cause cause = co_await replacing;
  co_return cause;
}

// Puts new legs in the place of chain[begin, end); of an empty chain, builds it.
engine::Task<Cause> Client::replace(Session& s, std::size_t begin, std::size_t end, Tokens restored) {
  const BlockSpan span = s.chain.empty() ? BlockSpan{0, world_.model.block_count()}
                                         : BlockSpan{s.chain[begin].hop.span.begin, s.chain[end - 1].hop.span.end};
  const NodeId before = begin > 0 ? s.chain[begin - 1].hop.node : NodeId();
  const NodeId after = end < s.chain.size() ? s.chain[end].hop.node : NodeId();
  for (;;) {
    if (now() >= deadline(s)) co_return Cause::timed_out;
    Cause cause = Cause::no_route;
    const routing::RouteOutcome outcome =
        choose(s, {span, s.tokens(), before, after, std::max(s.request.prompt, s.results.known()),
                   s.request.output - s.record.output, s.request.prefix});
    // Who begins in the middle of the lost span needs inputs of its own to be restored, and those of whoever began
    // there.
    if (outcome && !aligned(s, outcome.route, begin, end)) restored = 0;
    if (outcome) {
      auto opening = open_legs(s, outcome.route, begin, end, restored);
      cause = co_await opening;
    }
    if (cause == Cause::none && restored > 0) {
      auto restoring = restore(s, begin, end, restored);
      const bool whole = co_await restoring;
      if (!whole) {
        // A holder is gone as well. The kept inputs are still there.
        for (const Leg& leg : s.opening) close_leg(s, leg);
        restored = 0;
        continue;
      }
    }
    if (cause == Cause::none) {
      splice(s, begin, end, restored);
      co_return Cause::none;
    }
    auto pausing = back_off(s, cause);
    cause = co_await pausing;
    if (cause != Cause::none) co_return cause;
  }
}

// Asks the nodes of a route to open sessions; all of them, or none stays open.
engine::Task<Cause> Client::open_legs(Session& s, const routing::Route& route, std::size_t begin, std::size_t end,
                                      Tokens restored) {
  s.opening.clear();
  EXPECT(s.next_leg + route.size() < 0xffff);
  for (const routing::Hop& hop : route)
    s.opening.push_back({.hop = hop, .leg = s.next_leg++, .prompt = s.request.prompt});
  std::vector<NodeId> nodes;  // of the chain to be
  for (std::size_t i = 0; i < begin; ++i) nodes.push_back(s.chain[i].hop.node);
  for (const routing::Hop& hop : route) nodes.push_back(hop.node);
  for (std::size_t i = end; i < s.chain.size(); ++i) nodes.push_back(s.chain[i].hop.node);
  const Tokens replay_until = s.chain.empty() || !care_.caches ? 0 : s.outputs(end - 1).known();
  for (std::size_t i = 0; i < s.opening.size(); ++i) {
    OpenBody body;
    body.name = {s.request.id.index(), s.opening[i].leg};
    body.blocks = s.opening[i].hop.span;
    body.prompt = s.request.prompt;
    body.tokens = s.tokens();
    body.at_once = std::max(s.request.prompt, s.results.known() + 1);
    body.client = id();
    body.care = care_;
    body.prefix = s.request.prefix;
    body.restore = restored;
    body.holder = s.opening[i].holder = holder_of(s, nodes, begin + i, {});
    if (i + 1 < s.opening.size()) {
      body.next = world_.entity(s.opening[i + 1].hop.node);
      body.next_leg = s.opening[i + 1].leg;
    } else {
      body.replay_until = replay_until;
      if (end < s.chain.size()) {
        body.next = world_.entity(s.chain[end].hop.node);
        body.next_leg = s.chain[end].leg;
      }
    }
    post(world_.entity(s.opening[i].hop.node), OpenSession{world_.mail.opens.put(body)});
  }
  const Time limit = now() + Duration::from_seconds(world_.serving.connect_timeout_s);
  const auto all = [&s](auto&& test) { return std::all_of(s.opening.begin(), s.opening.end(), test); };
  while (!all([](const Leg& l) { return l.answer.has_value(); }) && now() < limit) {
    auto waiting = s.changed.wait_for(limit - now());
    co_await waiting;
  }
  if (all([](const Leg& l) { return l.answer == Answer::opened && !l.lost; })) co_return Cause::none;
  Cause cause = Cause::too_many_failures;
  for (Leg& leg : s.opening) {
    if (leg.answer == Answer::no_memory) cause = Cause::no_memory;
    if (leg.answer != Answer::opened || leg.lost) {
      ban(leg.hop.node);
      observe(routing::Observation::What::refused, leg, {});
    }
    // Even one that has not answered: the opening may be on its way there.
    if (!leg.answer || leg.answer == Answer::opened) close_leg(s, leg);
  }
  s.opening.clear();
  co_return cause;
}

// Counts a failure, pauses (0, 1, 2, 4 ... times the first back-off) and looks at the directory again. Returns `cause`
// when it was one failure too many.
engine::Task<Cause> Client::back_off(Session& s, Cause cause) {
  ++s.failures;
  if (s.failures > world_.serving.max_attempts) co_return cause;
  if (s.failures > 1) {
    const double doubled = world_.serving.first_backoff_s * std::pow(2.0, std::min(s.failures - 2, 60));
    const Duration pause = Duration::from_seconds(std::min(doubled, world_.serving.max_backoff_s));
    auto waiting = sleep(std::min(pause, std::max(Duration(), deadline(s) - now())));
    co_await waiting;
  }
  auto refreshing = refresh_view();
  co_await refreshing;
  co_return Cause::none;
}

// The opened legs take the place of chain[begin, end). Inputs kept for the old ones go through the new ones: positions
// that the old ones had put out are replayed to rebuild caches, the rest is live.
void Client::splice(Session& s, std::size_t begin, std::size_t end, Tokens restored) {
  const Tokens done = s.chain.empty() ? 0 : s.outputs(end - 1).known();
  if (begin < end) s.opening.front().inputs = std::move(s.chain[begin].inputs);
  for (std::size_t i = 1; restored > 0 && i < s.opening.size(); ++i) {
    for (std::size_t old = begin; old < end; ++old) {
      if (s.chain[old].hop.span.begin != s.opening[i].hop.span.begin) continue;
      s.opening[i].inputs = s.chain[old].inputs.until(restored);
    }
  }
  for (std::size_t i = begin; i < end; ++i) release_copy(s, s.chain[i]);
  const auto at = s.chain.erase(s.chain.begin() + static_cast<std::ptrdiff_t>(begin),
                                s.chain.begin() + static_cast<std::ptrdiff_t>(end));
  const std::size_t opened = s.opening.size();
  s.chain.insert(at, std::make_move_iterator(s.opening.begin()), std::make_move_iterator(s.opening.end()));
  s.opening.clear();
  for (std::size_t i = begin; i < begin + opened; ++i) {
    observe(routing::Observation::What::opened, s.chain[i], i > 0 ? s.chain[i - 1].hop.node : NodeId(), s.tokens());
  }
  Leg& fresh = s.chain[begin];
  if (begin > 0) {
    const Leg& before = s.chain[begin - 1];
    post(world_.entity(before.hop.node),
         Redirect{s.request.id.index(), before.leg, fresh.leg, world_.entity(fresh.hop.node).index()});
  }
  settle_holders(s);
  if (care_.caches) replay(s, fresh, restored, fresh.inputs.boundary(std::min(done, fresh.inputs.known())));
}

void Client::replay(Session& s, Leg& leg, Tokens from, Tokens until) {
  for (const auto& run : leg.inputs.runs(from, until, world_.serving.prefill_chunk)) {
    std::vector<execution::Handle> parts;
    Tokens count = 0;
    for (const auto& [first, piece] : run) {
      parts.push_back(piece.rows);
      count += piece.count;
    }
    send_rows(s, leg, run.front().first, count, world_.numbers.join(s.request.id, parts));
  }
  s.record.restored += from;
  s.record.replayed += until - from;
  failover_bytes_ += world_.rows_bytes(until - from);
  for (const auto& [first, piece] : leg.inputs.after(until)) send_rows(s, leg, first, piece.count, piece.rows);
}

void Client::close_leg(const Session& s, const Leg& leg, bool served) {
  post(world_.entity(leg.hop.node), CloseSession{s.request.id.index(), leg.leg, served});
}

}  // namespace orrery::sim::serving
