#include "sim/serving/client.hpp"

namespace orrery::sim::serving {

Client::Client(World& world, ClientId client, const execution::Machine& machine,
               std::vector<workload::Request> requests, std::shared_ptr<const workload::Workload> workload)
    : Peer(world, world.entity(client)),
      client_(client),
      care_(world.failover.care()),
      machine_(machine),
      requests_(std::move(requests)),
      workload_(std::move(workload)),
      view_came_(*this),
      routing_draw_(world.seed, Stream::routing, client.index()) {}

void Client::start(Snapshot view) {
  view_ = std::move(view);
  spawn(refresh_for_ever());
  spawn(!workload_->closed() ? issue_all() : workload_->parallel() ? issue_at_start() : issue_in_turn());
}

Session* Client::session(std::uint32_t request) {
  const auto found = sessions_.find(request);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Client::receive(const engine::Event& event) {
  switch (event.kind) {
    case StageOutput::kind:
      return take_output(event.as<StageOutput>());
    case ViewReply::kind:
      view_ = world_.mail.snapshots.take(event.as<ViewReply>().parcel);
      return view_came_.notify_all();
    case Opened::kind: {
      const auto m = event.as<Opened>();
      Session* s = session(m.request);
      Leg* leg = s ? s->find(m.leg) : nullptr;
      if (!leg) return;
      leg->answer = m.answer;
      leg->cached = m.cached;
      return s->changed.notify_all();
    }
    case Pong::kind: {
      const auto m = event.as<Pong>();
      Session* s = session(m.request);
      Leg* leg = s ? s->find(m.leg) : nullptr;
      if (!leg) return;
      leg->ponged = true;
      leg->queued = m.queued;
      leg->lost = leg->lost || !m.alive;
      return s->changed.notify_all();
    }
    case GiveUp::kind: {
      const auto m = event.as<GiveUp>();
      Session* s = session(m.request);
      Leg* leg = s ? s->find(m.leg) : nullptr;
      if (!leg) return;
      leg->lost = true;
      leg->avoid = m.reason != Reason::evicted && m.reason != Reason::broken;
      return s->changed.notify_all();
    }
    case Broken::kind: {
      const auto m = event.as<Broken>();
      Session* s = session(m.request);
      Leg* leg = s ? s->find(m.leg) : nullptr;
      if (!leg) return;
      leg->lost = true;
      return s->changed.notify_all();
    }
    case HasCopy::kind: {
      const auto m = event.as<HasCopy>();
      Session* s = session(m.request);
      Leg* leg = s ? s->find(m.leg) : nullptr;
      if (!leg) return;
      leg->copied = m.known;
      return s->changed.notify_all();
    }
    case Bill::kind: {
      const auto m = event.as<Bill>();
      Session* s = session(m.request);
      if (Leg* leg = s ? s->find(m.leg) : nullptr) leg->surplus = m.surplus;
      return;
    }
    case Passages::kind: {
      Session* s = session(event.as<Passages>().request);
      if (!s) return;
      s->passages = true;
      return s->changed.notify_all();
    }
    case Restored::kind: {
      const auto m = event.as<Restored>();
      Session* s = session(m.request);
      Leg* leg = s ? s->find(m.leg) : nullptr;
      if (!leg) return;
      leg->restored = true;
      return s->changed.notify_all();
    }
    case CopyCache::kind: {
      const CacheBody body = world_.mail.caches.take(event.as<CopyCache>().parcel);
      Session* s = session(body.leg.request);
      if (!s || !s->find(body.leg.leg)) return;
      for (const execution::CachePiece& piece : body.pieces) s->copies.add(body.leg, piece);
      return;
    }
    case ClaimEvidence::kind:  // the user keeps it
      return;
    case AskEvidence::kind: {
      // The text, for whoever redoes it: four bytes a token.
      const auto m = event.as<AskEvidence>();
      const EvidenceBody body{.audit = m.audit, .there = true, .bytes = Bytes(4.0 * (m.rows + 1.0))};
      return post(engine::EntityId(m.verifier), Evidence{world_.mail.evidence.put(body)});
    }
    default:
      fail_contract("precondition", "a message for a client", __FILE__, __LINE__);
  }
}

void Client::take_output(const StageOutput& output) {
  Session* s = session(output.request);
  if (!s || output.pass != s->pass) return;
  if (!take_output(*s, s->chain, s->results, output)) take_output(*s, s->rival, s->rival_results, output);
}

// False if the output comes from no leg of `chain`.
bool Client::take_output(Session& s, std::vector<Leg>& chain, Inputs& results, const StageOutput& output) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    Leg& leg = chain[i];
    if (leg.leg != output.leg) continue;
    if (leg.latest.first == output.first) {
      const NodeId from = i > 0 ? chain[i - 1].hop.node : NodeId();
      observe(routing::Observation::What::step, leg, from, output.count, now() - leg.latest.at);
    }
    const bool last = i + 1 == chain.size();
    if (!last) chain[i + 1].latest = {output.first, now()};
    Inputs& kept = last ? results : chain[i + 1].inputs;
    const Tokens before = kept.known();
    kept.add(output.first, {output.count, output.rows});
    if (!last) occupy(lengthening(kept.known()));
    if (!last || kept.known() == before) return true;
    s.failures = s.silences = 0;
    if (s.recovering_since && kept.known() > s.recovering_at) {
      const double took = (now() - *s.recovering_since).seconds();
      recoveries_s_.push_back(took);
      s.record.recovery_s += took;
      record_.trace("recovery of request " + std::to_string(output.request), *s.recovering_since, now());
      s.recovering_since.reset();
    }
    s.changed.notify_all();
    return true;
  }
  return false;
}

engine::Process Client::refresh_for_ever() {
  for (;;) {
    auto waiting = sleep(Duration::from_seconds(world_.swarm.view_refresh_s));
    co_await waiting;
    auto refreshing = refresh_view();
    co_await refreshing;
  }
}

engine::Task<void> Client::refresh_view() {
  post(world_.directory(), AskView{id().index()});
  auto waiting = view_came_.wait_for(Duration::from_seconds(world_.serving.connect_timeout_s));
  co_await waiting;
}

void Client::ban(NodeId node) {
  Ban& b = bans_[node];
  // A ban doubles with each failure; a node that behaved for as long as its last ban starts anew.
  const bool relapse = b.length_s > 0 && now() < b.until + Duration::from_seconds(b.length_s);
  b.length_s = relapse ? std::min(2 * b.length_s, 3600.0) : world_.serving.ban_s;
  b.until = now() + Duration::from_seconds(b.length_s);
}

void Client::finish(Time end) {
  EXPECT(end == now());
  kill_all();
  for (auto& [request, s] : sessions_) {
    s->record.cause = Cause::horizon;
    s->record.legs = static_cast<int>(s->chain.size());
    record_.span(Series::running, s->request.arrival, end);
    world_.numbers.close(s->request.id);
    records_.push_back(s->record);
  }
  sessions_.clear();
}

}  // namespace orrery::sim::serving
