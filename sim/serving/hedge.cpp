// A second chain for a prompt whose first token is late (routing/hedged.cpp): both compute it, the first to put out its
// last position goes on with the request, and what the other did is on the bill.
#include <algorithm>
#include <utility>

#include "sim/serving/client.hpp"

namespace orrery::sim::serving {

// The prompt has been sent into the first chain. Without caches every step is a pass of its own, and a chain that skips
// a prefix has a head start that no other need have: these are not hedged.
void Client::expect_answer(Session& s) {
  s.fed = now();
  if (!care_.caches || s.cached > 0) return;
  const std::optional<double> patience = world_.routing.patience_s(whole_request(s), routing_memory_);
  if (patience) s.late = now() + Duration::from_seconds(*patience);
}

engine::Task<void> Client::hedge(Session& s) {
  s.late.reset();
  routing::Route first;
  for (const Leg& leg : s.chain) first.push_back(leg.hop);
  const Snapshot seen = view_;
  const routing::RoutingView view = routing_view(seen);
  const routing::RouteOutcome second =
      world_.routing.hedge(whole_request(s), view, routing_memory_, routing_draw_, first);
  if (!second || second.route == first) co_return;
  EXPECT(routing::covers(second.route, {0, world_.model.block_count()}, view.swarm));
  auto opening = open_legs(s, second.route, 0, s.chain.size(), 0);
  const Cause cause = co_await opening;
  if (cause != Cause::none) co_return;
  s.rival = std::move(s.opening);
  s.opening.clear();
  ++s.record.hedges;
  NodeId before;
  for (Leg& leg : s.rival) {
    observe(routing::Observation::What::opened, leg, before, s.tokens());
    before = leg.hop.node;
  }
  if (s.results.known() >= s.request.prompt || s.any_lost()) co_return;  // settled without it
  for (const auto& [position, piece] : s.chain.front().inputs.after(0)) {
    s.rival.front().inputs.add(position, piece);
    send_rows(s, s.rival.front(), position, piece.count, piece.rows);
  }
}

// One of the two has put out all of the prompt, or has lost a leg: from here on there is one chain.
void Client::settle_race(Session& s) {
  if (s.results.known() >= s.request.prompt || s.any_lost()) s.late.reset();
  if (s.rival.empty()) return;
  const bool broken = std::any_of(s.rival.begin(), s.rival.end(), [](const Leg& l) { return l.lost; });
  const bool won = s.rival_results.known() >= s.request.prompt;
  if (s.results.known() < s.request.prompt && !broken &&
      (won || (s.any_lost() && s.rival.front().inputs.known() > 0))) {
    std::swap(s.chain, s.rival);
    std::swap(s.results, s.rival_results);
    ++s.record.hedges_won;
    return drop_rival(s);
  }
  if (broken || s.results.known() >= s.request.prompt || s.any_lost()) drop_rival(s);
}

void Client::drop_rival(Session& s) {
  NodeId before;
  for (std::size_t i = 0; i < s.rival.size(); ++i) {
    Leg& leg = s.rival[i];
    const Tokens computed = i + 1 < s.rival.size() ? s.rival[i + 1].inputs.known() : s.rival_results.known();
    observe(leg.lost ? routing::Observation::What::lost : routing::Observation::What::closed, leg, before);
    s.record.parts.push_back({leg.hop.node, leg.hop.span, computed, leg.lost && leg.avoid, leg.surplus});
    s.record.hedged += static_cast<double>(computed) * leg.hop.span.size();
    if (leg.lost && leg.avoid) ban(leg.hop.node);
    close_leg(s, leg);
    release_copy(s, leg);
    before = leg.hop.node;
  }
  s.rival.clear();
  s.rival_results = {};
}

}  // namespace orrery::sim::serving
