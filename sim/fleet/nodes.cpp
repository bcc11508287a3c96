#include "sim/fleet/nodes.hpp"

#include "sim/engine/prefetch.hpp"
#include "sim/serving/sizes.hpp"

namespace orrery::sim::fleet {

Nodes::Nodes(Ground& ground)
    : ground_(ground),
      lives_(std::make_shared<const swarm::LifeModel>(ground.scenario.swarm, ground.seed)),
      rows_(ground.nodes),
      online_(Duration::from_seconds(ground.scenario.experiment.sample_period_s)),
      live_(online_),
      busy_(online_),
      servers_(ground.model.blocks.size(), 0),
      join_view_(ground.model.blocks.size() + 1) {}

double Nodes::payload(const engine::Event& event) const {
  switch (event.kind) {
    case Rows::kind:
      return ground_.rows_bytes(event.as<Rows>().count);
    case Open::kind:
    case Redirect::kind:
      return serving::signed_bytes;
    case Sums::kind:
      return sizeof(double) * static_cast<double>(servers_.size());
    default:
      return serving::control_bytes;
  }
}

// What came for somebody who is not there takes its body with it.
void Nodes::lose(const engine::Event& event) {
  if (event.kind == Open::kind) ground_.openings.take(event.as<Open>().parcel);
  if (event.kind == Sums::kind) ground_.sums.take(event.as<Sums>().parcel);
}

void Nodes::on_event(const engine::Event& event) {
  const std::uint32_t node = event.to.index();
  // A session's timers may outlast it; the next one has another turn.
  const auto mine = [&](std::uint32_t set_in) { return rows_[node].presence != none && set_in == turn(node); };
  switch (event.kind) {
    case Chore::kind:
      return event.as<Chore>().turn == turn(node) ? chore(node) : void();
    case Choose::kind:
      return mine(event.as<Choose>().turn) ? ask_sums(node) : void();
    case Loaded::kind: {
      const auto loaded = event.as<Loaded>();
      if (mine(loaded.turn) && !presence(node).leaving) serve(node, loaded.blocks);
      return;
    }
    case Computed::kind:
      return mine(event.as<Computed>().turn) ? end_batch(node) : void();
    default:
      break;
  }
  if (rows_[node].presence == none) return lose(event);
  if (event.from == event.to) return receive(node, event);
  // It queues on the down link, and comes again from the node itself when it is in.
  const Duration in = ground_.take_in(event.to, presence(node).link, payload(event)) - ground_.now();
  engine::Simulation& simulation = ground_.simulation();
  switch (event.kind) {
    case Rows::kind:
      simulation.timer(event.to, in, event.as<Rows>());
      return;
    case Open::kind:
      simulation.timer(event.to, in, event.as<Open>());
      return;
    case Close::kind:
      simulation.timer(event.to, in, event.as<Close>());
      return;
    case Redirect::kind:
      simulation.timer(event.to, in, event.as<Redirect>());
      return;
    case Probe::kind:
      simulation.timer(event.to, in, event.as<Probe>());
      return;
    default:
      simulation.timer(event.to, in, event.as<Sums>());
  }
}

// A node's row leads to its presence, that to a seat, and that to whoever hears of the output. A message that only
// queues on the down link now needs no seat.
void Nodes::foresee(const engine::Event& event, int step) const {
  const Row& row = rows_[event.to.index()];
  if (step == 0) {
    engine::fetch_line(&row);
    return ground_.foresee(event.to.index());
  }
  if (row.presence == none) return;
  const Presence& p = presence_[row.presence];
  if (step == 1) {
    engine::fetch_line(&p);
    if (event.kind == Chore::kind) engine::fetch_line(&agendas_[row.presence]);
    return;
  }
  if (event.from != event.to) return;
  const std::uint32_t first = event.kind == Computed::kind ? p.running : p.seats;
  if (first == none) return;
  const Seat& seat = seats_[first];
  if (step == 2) {
    engine::fetch_ends(&seat, sizeof seat);
  } else if (event.kind == Computed::kind && seat.next != none) {
    ground_.foresee(seat.next);
  }
}

void Nodes::receive(std::uint32_t node, const engine::Event& event) {
  switch (event.kind) {
    case Rows::kind:
      return take_rows(node, event.as<Rows>());
    case Open::kind:
      return open(node, ground_.openings.take(event.as<Open>().parcel));
    case Close::kind: {
      const auto m = event.as<Close>();
      return close(node, m.request, m.leg);
    }
    case Redirect::kind: {
      const auto m = event.as<Redirect>();
      const std::uint32_t seat = find(node, m.request, m.leg);
      if (seat == none) return;
      seats_[seat].next = m.next;
      seats_[seat].next_leg = m.next_leg;
      return;
    }
    case Probe::kind: {
      const auto m = event.as<Probe>();
      const std::uint32_t seat = find(node, m.request, m.leg);
      const std::uint32_t queued = seat == none ? 0 : seats_[seat].position;
      return post(node, engine::EntityId(m.client), serving::control_bytes,
                  Pong{m.request, m.slot, queued, m.leg, seat != none});
    }
    case Sums::kind: {
      const std::vector<double> sums = ground_.sums.take(event.as<Sums>().parcel);
      return choose(node, sums);
    }
    default:
      fail_contract("precondition", "a message for a node", __FILE__, __LINE__);
  }
}

void Nodes::finish(Time end) {
  online_.change(end, 0);
  live_.change(end, 0);
  busy_.change(end, 0);
}

// Over rows in order of their ids: how far each life and each node's draws have come, and what it serves.
std::uint64_t Nodes::state_hash() const {
  std::uint64_t hash = 0;
  for (const Row& row : rows_) {
    std::uint64_t x = static_cast<std::uint64_t>(row.life.at.ns()) ^ (std::uint64_t{row.life.draws} << 32 | row.jitter);
    if (row.presence != none) {
      const Presence& p = presence_[row.presence];
      x ^= static_cast<std::uint64_t>(p.link.up_free.ns()) * 3 ^ static_cast<std::uint64_t>(p.link.down_free.ns()) * 5;
      x += std::uint64_t{p.blocks.begin} << 8 | p.blocks.end;
    }
    hash = (hash ^ x) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace orrery::sim::fleet
