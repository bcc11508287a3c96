#include "sim/fleet/clients.hpp"

#include <algorithm>
#include <cstring>

#include "sim/engine/prefetch.hpp"
#include "sim/serving/sizes.hpp"

namespace orrery::sim::fleet {
namespace {

void client_event(void* clients, void*, const engine::Event& event) { static_cast<Clients*>(clients)->on_event(event); }

void client_coming(void* clients, void*, const engine::Event& event, int step) {
  static_cast<const Clients*>(clients)->foresee(event, step);
}

}  // namespace

Clients::Clients(Ground& ground)
    : ground_(ground),
      clients_(ground.clients),
      running_(Duration::from_seconds(ground.scenario.experiment.sample_period_s)) {
  const execution::Machine machine = serving::client_machine(ground.scenario, ground.model);
  const double measured_ms = ground.scenario.execution.client_head_ms;
  head_time_ = measured_ms > 0 ? Duration::from_ms(measured_ms) : execution::head_time(ground.model, machine);
}

void Clients::begin() {
  for (Client& client : clients_) ground_.simulation().add(&client, client_event, this);
  ground_.simulation().prefetch_by(client_coming, client_event, this);
}

Clients::Request* Clients::find(std::uint32_t slot, std::uint32_t request) {
  Request& r = requests_[slot];
  return r.id == request ? &r : nullptr;  // it has ended, and somebody else sits there now
}

Clients::Leg* Clients::find(Request& r, std::uint16_t leg) {
  for (Array<Leg> legs : {r.opening(), r.chain()}) {
    for (Leg& l : legs) {
      if (l.leg == leg) return &l;
    }
  }
  return nullptr;
}

void Clients::on_event(const engine::Event& event) {
  const std::uint32_t client = event.to.index() - ground_.nodes;
  const engine::EntityId self = event.to;
  engine::Simulation& simulation = ground_.simulation();
  switch (event.kind) {
    case Alarm::kind: {
      const auto m = event.as<Alarm>();
      if (Request* r = find(m.slot, m.request)) alarm(*r);
      return;
    }
    case Headed::kind: {
      const auto m = event.as<Headed>();
      if (Request* r = find(m.slot, m.request)) headed(*r);
      return;
    }
    case Arrive::kind:
      return arrive(client, event.as<Arrive>());
    default:
      break;
  }
  if (event.from == self) return receive(client, event);
  // It queues on the down link, and comes again from the client itself when it is in.
  Link& link = clients_[client].link;
  const auto in = [&](double payload) { return ground_.take_in(self, link, payload) - ground_.now(); };
  switch (event.kind) {
    case Output::kind: {
      const auto m = event.as<Output>();
      simulation.timer(self, in(ground_.rows_bytes(m.count)), m);
      return;
    }
    case Sample::kind: {
      const auto m = event.as<Sample>();
      const auto nodes = static_cast<double>(ground_.samples.peek(m.parcel).size());
      simulation.timer(self, in(serving::announcement_bytes * nodes), m);
      return;
    }
    case Opened::kind:
      simulation.timer(self, in(serving::control_bytes), event.as<Opened>());
      return;
    case Pong::kind:
      simulation.timer(self, in(serving::control_bytes), event.as<Pong>());
      return;
    default:
      simulation.timer(self, in(serving::control_bytes), event.as<GiveUp>());
  }
}

// Where a leg is in its chain: legs are counted from zero, so in one that was never repaired it is at its own number.
std::size_t Clients::likely(const Request& r, std::uint16_t leg) {
  return r.leg_count > 0 ? std::min<std::size_t>(leg, r.leg_count - 1u) : 0;
}

// All messages to a client but new requests begin with the request and its slot; that leads to its chain. An output
// moves its leg and the one after it. A message that only queues on the down link now needs none of that.
void Clients::foresee(const engine::Event& event, int step) const {
  if (event.kind == Arrive::kind || event.from != event.to || step > 1) return;
  std::uint32_t slot = none;
  std::memcpy(&slot, event.payload.data() + sizeof(std::uint32_t), sizeof slot);
  const Request& r = requests_[slot];
  if (step == 0) {
    engine::fetch_ends(&r, sizeof r);
    return;
  }
  if (r.legs == nullptr) return;
  std::size_t leg = 0;
  if (event.kind == Output::kind) leg = likely(r, event.as<Output>().leg);
  engine::fetch_ends(r.legs + leg, std::min<std::size_t>(2, r.leg_count - leg) * sizeof(Leg));
}

void Clients::receive(std::uint32_t, const engine::Event& event) {
  switch (event.kind) {
    case Output::kind:
      return take_output(event.as<Output>());
    case Sample::kind: {
      const auto m = event.as<Sample>();
      const std::vector<Seen> sample = ground_.samples.take(m.parcel);
      Request* r = find(m.slot, m.request);
      if (r && r->phase == Phase::asking) choose(*r, sample);
      return;
    }
    case Opened::kind: {
      const auto m = event.as<Opened>();
      Request* r = find(m.slot, m.request);
      Leg* leg = r ? find(*r, m.leg) : nullptr;
      if (!leg) return;
      leg->answer = m.answer;
      const auto answered = [](const Leg& l) { return l.answer != Answer::waiting; };
      const Array<Leg> opening = r->opening();
      if (r->phase == Phase::opening && std::all_of(opening.begin(), opening.end(), answered)) end_opening(*r);
      return;
    }
    case Pong::kind: {
      const auto m = event.as<Pong>();
      Request* r = find(m.slot, m.request);
      Leg* leg = r ? find(*r, m.leg) : nullptr;
      if (!leg) return;
      leg->ponged = true;
      leg->queued = m.queued;
      leg->lost = leg->lost || !m.alive;
      r->broken = r->broken || leg->lost;
      const auto ponged = [](const Leg& l) { return l.ponged; };
      const Array<Leg> chain = r->chain();
      if (r->phase == Phase::probing && std::all_of(chain.begin(), chain.end(), ponged)) end_probe(*r);
      return;
    }
    case GiveUp::kind: {
      const auto m = event.as<GiveUp>();
      Request* r = find(m.slot, m.request);
      Leg* leg = r ? find(*r, m.leg) : nullptr;
      if (!leg) return;
      leg->lost = leg->avoid = r->broken = true;
      if (r->phase == Phase::running) advance(*r);
      return;
    }
    default:
      fail_contract("precondition", "a message for a client", __FILE__, __LINE__);
  }
}

void Clients::arrive(std::uint32_t client, const Arrive& m) {
  const std::uint32_t slot = requests_.take();
  Request& r = requests_[slot];
  r.id = m.request;
  r.slot = slot;
  r.client = client;
  r.arrival = r.heard = ground_.now();
  r.prompt = m.prompt;
  r.wanted = m.output;
  running_.change(ground_.now(), 1);
  ask(r);
}

// Messages of one leg come in order, so what is known of a leg's outputs has no gaps.
void Clients::take_output(const Output& m) {
  Request* r = find(m.slot, m.request);
  if (!r) return;
  const Array<Leg> chain = r->chain();
  std::size_t i = likely(*r, m.leg);
  if (chain.empty() || chain[i].leg != m.leg) {
    for (i = 0; i < chain.size() && chain[i].leg != m.leg; ++i) {
    }
    if (i == chain.size()) return;  // replaced meanwhile
  }
  Leg& leg = chain[i];
  if (leg.latest == m.first) {
    const NodeId from = i > 0 ? NodeId(chain[i - 1].node) : NodeId();
    observe(routing::Observation::What::step, *r, leg, from, m.count, ground_.now() - leg.latest_at);
  }
  const bool last = i + 1 == chain.size();
  if (!last) {
    chain[i + 1].latest = m.first;
    chain[i + 1].latest_at = ground_.now();
  }
  std::uint32_t& known = last ? r->results : chain[i + 1].inputs;
  EXPECT(m.first <= known);
  if (m.first + m.count <= known) return;
  known = m.first + m.count;
  if (last) progress(*r);
}

// The chain has put out more.
void Clients::progress(Request& r) {
  r.failures = 0;
  r.heard = ground_.now();
  if (r.recovering && r.results > r.recovering_at) {
    const double took = (ground_.now() - r.recovering_since).seconds();
    recoveries_s_.push_back(took);
    r.recovery_s += took;
    r.recovering = false;
  }
  if (r.phase == Phase::running) advance(r);
}

void Clients::ban(std::uint32_t client, NodeId node) {
  std::vector<Ban>& bans = clients_[client].bans;
  std::erase_if(bans, [this](const Ban& b) { return ground_.now() >= b.until + Duration::from_seconds(b.length_s); });
  auto found = std::find_if(bans.begin(), bans.end(), [node](const Ban& b) { return b.node == node; });
  // A ban doubles with each failure; a node that behaved for as long as its last ban starts anew.
  const bool relapse = found != bans.end() && found->length_s > 0;
  if (found == bans.end()) found = bans.insert(found, {node, {}, 0});
  found->length_s = relapse ? std::min(2 * found->length_s, 3600.0) : ground_.scenario.serving.ban_s;
  found->until = ground_.now() + Duration::from_seconds(found->length_s);
}

}  // namespace orrery::sim::fleet
