// Building the chain of a request and repairing it: serving/chain.cpp for failover policies that keep inputs at the
// client, with rows counted instead of kept.
#include <algorithm>
#include <cmath>

#include "sim/fleet/clients.hpp"
#include "sim/serving/sizes.hpp"

namespace orrery::sim::fleet {

using serving::Cause;

// The blocks that need nodes: all of them, or those of the legs that are being replaced.
BlockSpan Clients::wanted(const Request& r) const {
  if (r.leg_count == 0) return {0, ground_.model.block_count()};
  return {r.legs[r.begin].blocks.begin, r.legs[r.end - 1u].blocks.end};
}

void Clients::drop_opening(Request& r) {
  Array<Leg> opening = r.opening();
  legs_.give_back(opening);
  r.set_opening({});
}

void Clients::ask(Request& r) {
  if (ground_.now() >= deadline(r)) return end(r, Cause::timed_out);
  const BlockSpan span = wanted(r);
  post(r, ground_.directory(), serving::control_bytes,
       AskSample{r.id, r.slot, ground_.client(r.client).index(), Blocks(span)});
  wait(r, Phase::asking, ground_.now() + Duration::from_seconds(ground_.scenario.serving.connect_timeout_s));
}

void Clients::choose(Request& r, const std::vector<Seen>& sample) {
  ++samples_;
  sampled_nodes_ += sample.size();
  views_.clear();
  for (const Seen& seen : sample) views_.push_back(ground_.view(seen));
  Client& c = clients_[r.client];
  const engine::EntityId here = ground_.client(r.client);
  routing::RoutingView view;
  view.swarm = {ground_.model.block_count(), ground_.now(), views_};
  view.client_latency_s = [this, here](NodeId node) -> std::optional<double> {
    return ground_.latency(here, ground_.node(node.index())).seconds();
  };
  view.node_latency_s = [this](NodeId from, NodeId to) -> std::optional<double> {
    return ground_.latency(ground_.node(from.index()), ground_.node(to.index())).seconds();
  };
  view.banned = [this, &c](NodeId node) {
    return std::any_of(c.bans.begin(), c.bans.end(),
                       [&](const Ban& b) { return b.node == node && b.until > ground_.now(); });
  };
  routing::RouteRequest request;
  request.span = wanted(r);
  request.cache_tokens = r.tokens();
  if (r.begin > 0) request.before = NodeId(r.legs[r.begin - 1u].node);
  if (r.end < r.leg_count) request.after = NodeId(r.legs[r.end].node);
  request.prompt = std::max(r.prompt, r.results);
  request.output = r.wanted - r.output;
  Draw draw(ground_.seed, Stream::routing, r.client, c.routing_draws);
  const routing::RouteOutcome outcome = ground_.scenario.routing.policy->route(request, view, c.memory, draw);
  c.routing_draws = draw.index();
  if (!outcome) return back_off(r, Cause::no_route);
  EXPECT(routing::covers(outcome.route, request.span, view.swarm));
  open_legs(r, outcome.route);
}

// Asks the nodes of a route to open sessions; all of them, or none stays open.
void Clients::open_legs(Request& r, const routing::Route& route) {
  EXPECT(r.next_leg + route.size() < 0xffff && r.new_count == 0);
  const Array<Leg> opening = legs_.take(route.size());
  const Array<Leg> chain = r.chain();
  for (std::size_t i = 0; i < route.size(); ++i) {
    opening[i].node = route[i].node.index();
    opening[i].blocks = Blocks(route[i].span);
    opening[i].leg = r.next_leg++;
  }
  r.set_opening(opening);
  for (std::size_t i = 0; i < opening.size(); ++i) {
    Opening o{};
    o.request = r.id;
    o.slot = r.slot;
    o.client = ground_.client(r.client).index();
    o.next = none;
    o.tokens = r.tokens();
    o.leg = opening[i].leg;
    o.blocks = opening[i].blocks;
    const Leg* next = i + 1 < opening.size() ? &opening[i + 1] : r.end < chain.size() ? &chain[r.end] : nullptr;
    if (next) {
      o.next = ground_.node(next->node).index();
      o.next_leg = next->leg;
    }
    if (i + 1 == opening.size() && !chain.empty()) o.replay_until = r.outputs(r.end - 1u);
    post(r, ground_.node(opening[i].node), serving::signed_bytes, Open{ground_.openings.put(o)});
  }
  wait(r, Phase::opening, ground_.now() + Duration::from_seconds(ground_.scenario.serving.connect_timeout_s));
}

// All have answered, or patience is over.
void Clients::end_opening(Request& r) {
  const auto open = [](const Leg& l) { return l.answer == Answer::opened && !l.lost; };
  Array<Leg> opening = r.opening();
  if (std::all_of(opening.begin(), opening.end(), open)) return splice(r);
  Cause cause = Cause::too_many_failures;
  for (Leg& leg : opening) {
    if (leg.answer == Answer::no_memory) cause = Cause::no_memory;
    if (!open(leg)) {
      ban(r.client, NodeId(leg.node));
      observe(routing::Observation::What::refused, r, leg, {});
    }
    // Even one that has not answered: the opening may be on its way there.
    if (leg.answer == Answer::waiting || leg.answer == Answer::opened) close_leg(r, leg);
  }
  drop_opening(r);
  back_off(r, cause);
}

// Counts a failure and pauses: 0, 1, 2, 4 ... times the first back-off.
void Clients::back_off(Request& r, Cause cause) {
  const serving::ServingParams& s = ground_.scenario.serving;
  ++r.failures;
  if (r.failures > s.max_attempts) return end(r, cause);
  if (r.failures == 1) return ask(r);
  const double doubled = s.first_backoff_s * std::pow(2.0, std::min(r.failures - 2, 60));
  const Time until = ground_.now() + Duration::from_seconds(std::min(doubled, s.max_backoff_s));
  wait(r, Phase::pausing, std::max(ground_.now(), std::min(until, deadline(r))));
}

// The opened legs take the place of chain[begin, end). Inputs that went into the old ones go through the new ones:
// positions that the old ones had put out are replayed to rebuild caches, the rest is live.
void Clients::splice(Request& r) {
  Array<Leg> old = r.chain();
  const Array<Leg> fresh_legs = r.opening();
  const bool first = old.empty();
  const std::uint32_t done = first ? 0 : r.outputs(r.end - 1u);
  if (!first) fresh_legs.front().inputs = old[r.begin].inputs;
  const std::size_t opened = fresh_legs.size();
  const Array<Leg> chain = legs_.take(old.size() - (r.end - r.begin) + opened);
  Leg* to = std::copy(old.begin(), old.begin() + r.begin, chain.begin());
  to = std::copy(fresh_legs.begin(), fresh_legs.end(), to);
  std::copy(old.begin() + r.end, old.end(), to);
  r.set_chain(chain);
  legs_.give_back(old);
  drop_opening(r);
  for (std::size_t i = r.begin; i < r.begin + opened; ++i) {
    observe(routing::Observation::What::opened, r, chain[i], i > 0 ? NodeId(chain[i - 1].node) : NodeId(), r.tokens());
  }
  for (std::size_t i = r.begin; i < std::min(chain.size(), r.begin + opened + 1); ++i) {
    chain[i].detour_s = detour_s(r, i);
  }
  Leg& fresh = chain[r.begin];
  if (r.begin > 0) {
    const Leg& before = chain[r.begin - 1u];
    post(r, ground_.node(before.node), serving::signed_bytes,
         Redirect{r.id, before.leg, fresh.leg, ground_.node(fresh.node).index()});
  }
  const std::uint32_t until = std::min(done, fresh.inputs);
  const auto chunk = static_cast<std::uint32_t>(ground_.scenario.serving.prefill_chunk);
  for (std::uint32_t at = 0; at < until; at += chunk) send_rows(r, fresh, at, std::min(chunk, until - at));
  r.replayed += until;
  ground_.counts.failover_bytes += ground_.rows_bytes(until);
  send_pieces(r, fresh, until, fresh.inputs);
  r.heard = ground_.now();
  if (first) feed_prompt(r);
  advance(r);
}

void Clients::repair(Request& r) {
  const Array<Leg> chain = r.chain();
  const auto lost = [](const Leg& l) { return l.lost; };
  const auto first = std::find_if(chain.begin(), chain.end(), lost);
  const auto last = std::find_if_not(first, chain.end(), lost);
  r.begin = static_cast<std::uint8_t>(first - chain.begin());
  r.end = static_cast<std::uint8_t>(last - chain.begin());
  if (!r.recovering) r.recovering_since = ground_.now();
  r.recovering = true;
  r.recovering_at = std::max(r.recovering_at, r.results);
  ++r.failovers;
  ground_.record.add(serving::Series::failovers, ground_.now());
  for (std::size_t i = r.begin; i < r.end; ++i) {
    Leg& leg = chain[i];
    observe(routing::Observation::What::lost, r, leg, i > 0 ? NodeId(chain[i - 1].node) : NodeId());
    close_leg(r, leg);
    if (leg.avoid) ban(r.client, NodeId(leg.node));
  }
  ask(r);
}

void Clients::send_rows(const Request& r, Leg& leg, std::uint32_t first, std::uint32_t count) {
  leg.latest = first;
  leg.latest_at = ground_.now();
  post(r, ground_.node(leg.node), ground_.rows_bytes(count),
       Rows{r.id, leg.leg, static_cast<std::uint16_t>(count), first});
}

// Positions [from, until) as they came: prompts in chunks, tokens one by one.
void Clients::send_pieces(const Request& r, Leg& leg, std::uint32_t from, std::uint32_t until) {
  const auto chunk = static_cast<std::uint32_t>(ground_.scenario.serving.prefill_chunk);
  while (from < until) {
    const std::uint32_t piece = from < r.prompt ? std::min(chunk - from % chunk, r.prompt - from) : 1;
    send_rows(r, leg, from, std::min(piece, until - from));
    from += piece;
  }
}

// Embeds positions [first, first + count) and sends them into the chain.
void Clients::feed(Request& r, std::uint32_t first, std::uint32_t count) {
  Leg& leg = r.legs[0];
  leg.inputs = first + count;
  send_rows(r, leg, first, count);
}

void Clients::feed_prompt(Request& r) {
  const auto chunk = static_cast<std::uint32_t>(ground_.scenario.serving.prefill_chunk);
  for (std::uint32_t at = 0; at < r.prompt; at += chunk) feed(r, at, std::min(chunk, r.prompt - at));
}

void Clients::close_leg(const Request& r, const Leg& leg) {
  post(r, ground_.node(leg.node), serving::control_bytes, Close{r.id, leg.leg});
}

float Clients::detour_s(const Request& r, std::size_t leg) const {
  const engine::EntityId here = ground_.client(r.client), node = ground_.node(r.legs[leg].node);
  const Duration back = ground_.latency(node, here);
  if (leg == 0) return static_cast<float>((back + back).seconds());
  const engine::EntityId before = ground_.node(r.legs[leg - 1].node);
  return static_cast<float>((ground_.latency(before, node) + back - ground_.latency(before, here)).seconds());
}

void Clients::observe(routing::Observation::What what, const Request& r, Leg& leg, NodeId before, Tokens tokens,
                      Duration took) {
  using What = routing::Observation::What;
  // A leg that was lost is not closed as well, should its request end before it is replaced.
  if (what != What::opened && what != What::refused && !leg.held) return;
  leg.held = what == What::opened || what == What::step;
  const double at_node_s = what == What::step ? std::max(0.0, took.seconds() - leg.detour_s) : 0.0;
  const routing::Hop hop{NodeId(leg.node), leg.blocks.span()};
  ground_.scenario.routing.policy->observe(
      {what, hop, before, tokens, took.seconds(), at_node_s, ground_.now(), static_cast<Tokens>(r.prompt)},
      clients_[r.client].memory);
}

}  // namespace orrery::sim::fleet
