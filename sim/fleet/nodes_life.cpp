// The life of a node: it waits for its next session, comes, chooses blocks, loads them, announces itself, leaves.
#include <algorithm>
#include <cmath>

#include "sim/fleet/nodes.hpp"
#include "sim/serving/sizes.hpp"

namespace orrery::sim::fleet {
namespace {

// Draws of a session: a node's sessions are counted, so none has to be remembered.
Draw session_draw(const Ground& ground, std::uint32_t node, std::uint32_t turn, std::uint64_t first = 0) {
  return Draw(ground.seed, Stream::sharding, node, (std::uint64_t{turn} << 32) + first);
}
constexpr std::uint64_t choice_draw = std::uint64_t{1} << 16;  // after those of the wait before it
constexpr std::uint64_t phase_draw = std::uint64_t{1} << 31;   // beyond those of choosing blocks in session 0

void node_event(void* nodes, void*, const engine::Event& event) { static_cast<Nodes*>(nodes)->on_event(event); }
void node_coming(void* nodes, void*, const engine::Event& event, int step) {
  static_cast<const Nodes*>(nodes)->foresee(event, step);
}

}  // namespace

void Nodes::begin(Directory& directory) {
  std::vector<double> sums(ground_.model.blocks.size(), 0.0);
  const Duration period = Duration::from_seconds(ground_.scenario.swarm.announce_period_s);
  Draw draw(ground_.seed, Stream::sharding, ground_.directory().index());
  for (std::uint32_t node = 0; node < ground_.nodes; ++node) {
    ground_.simulation().add(&rows_[node], node_event, this);
    swarm::Life life(lives_, NodeId(node));
    const auto first = life.next();
    if (!first) continue;
    if (first->join > Time()) {
      ground_.simulation().timer(ground_.node(node), first->join - Time(), Chore{turn(node)});
      continue;
    }
    meet(node);
    const BlockSpan span = join(node, sums, draw);
    if (span.empty()) {
      plan_chore(node);
      continue;
    }
    const double throughput = kind(node).throughput[static_cast<std::size_t>(span.size())];
    for (int b = span.begin; b < span.end; ++b) sums[static_cast<std::size_t>(b)] += throughput;
    Presence& p = presence(node);
    p.blocks = Blocks(span);
    live_.change(Time(), 1);
    count_servers(p.blocks, 1);
    directory.take(announcement(node), Time());
    agenda(node).announced =
        Time() -
        Duration::from_seconds(period.seconds() * Draw(ground_.seed, Stream::sharding, node, phase_draw).uniform());
    plan_chore(node);
  }
  ground_.simulation().prefetch_by(node_coming, node_event, this);
}

// Begins the session whose time has come.
swarm::Session Nodes::meet(std::uint32_t node) {
  Row& row = rows_[node];
  swarm::Life life(lives_, NodeId(node), row.life);
  const swarm::Session session = *life.next();
  EXPECT(session.join <= ground_.now());
  row.life = life.state();
  row.presence = presence_.take();
  const std::uint32_t same = agendas_.take();  // they come and go together
  EXPECT(same == row.presence);
  Presence& p = presence_[row.presence];
  p.crash = session.crash;
  agenda(node).online_since_s = static_cast<float>((session.join - session.past).seconds());
  online_.change(ground_.now(), 1);
  return session;
}

void Nodes::come(std::uint32_t node) {
  meet(node);
  if (kind(node).setup.max_blocks > 0) {
    Draw draw = session_draw(ground_, node, turn(node));
    const Duration wait = Duration::from_seconds(ground_.scenario.sharding.policy->join_delay_s(draw));
    ground_.simulation().timer(ground_.node(node), wait, Choose{turn(node)});
  }
  plan_chore(node);
}

void Nodes::wait_for_session(std::uint32_t node) {
  swarm::Life life(lives_, NodeId(node), rows_[node].life);  // looks ahead; the session is drawn again when it begins
  const auto next = life.next();
  if (next) ground_.simulation().timer(ground_.node(node), next->join - ground_.now(), Chore{turn(node)});
}

// One timer for whatever comes first.
void Nodes::plan_chore(std::uint32_t node) {
  Presence& p = presence(node);
  const engine::EntityId self = ground_.node(node);
  Agenda& a = agenda(node);
  if (a.slot != none) ground_.simulation().cancel({self, a.slot, a.sequence});
  a.slot = none;
  Time due = rows_[node].life.at;  // when the session ends
  const bool says = !p.crash && !p.leaving && due != Time::never();
  if (says) due = due - Duration::from_seconds(ground_.scenario.serving.drain_s);
  if (!p.blocks.empty() && !p.leaving) {
    due = std::min(due, a.announced + Duration::from_seconds(ground_.scenario.swarm.announce_period_s));
  }
  if (due == Time::never()) return;
  const engine::TimerId timer =
      ground_.simulation().timer(self, std::max(due, ground_.now()) - ground_.now(), Chore{turn(node)});
  a.slot = timer.slot;
  a.sequence = timer.sequence;
}

void Nodes::chore(std::uint32_t node) {
  if (rows_[node].presence == none) return come(node);
  Presence& p = presence(node);
  agenda(node).slot = none;
  const Time leave = rows_[node].life.at;
  if (ground_.now() >= leave) return go(node);
  const Duration notice = Duration::from_seconds(ground_.scenario.serving.drain_s);
  if (!p.crash && !p.leaving && leave != Time::never() && ground_.now() >= leave - notice) {
    say_leaving(node);
  } else {
    announce(node);
  }
  plan_chore(node);
}

void Nodes::ask_sums(std::uint32_t node) {
  presence(node).choosing = true;
  post(node, ground_.directory(), serving::control_bytes, AskSums{node});
}

void Nodes::choose(std::uint32_t node, const std::vector<double>& sums) {
  Presence& p = presence(node);
  if (!p.choosing) return;  // an answer to its former life
  p.choosing = false;
  Draw draw = session_draw(ground_, node, turn(node), choice_draw);
  const BlockSpan span = join(node, sums, draw);
  if (span.empty()) return;
  // All weights come over the node's own down link.
  const Time done = ground_.fill(ground_.node(node), p.link, ground_.weight_bytes(span));
  ground_.simulation().timer(ground_.node(node), done - ground_.now(), Loaded{turn(node), Blocks(span)});
}

// Policies that join by sums take one announcement a block for those of everybody.
BlockSpan Nodes::join(std::uint32_t node, std::span<const double> sums, Draw& draw) const {
  const NodeKind& k = kind(node);
  if (k.setup.max_blocks == 0) return {};
  for (std::size_t b = 0; b < sums.size(); ++b) {
    const int block = static_cast<int>(b);
    join_view_[b].span = {block, block + 1};
    join_view_[b].throughput = sums[b];
  }
  join_view_.back() = k.view;
  join_view_.back().node = NodeId(node);
  const SwarmView view{ground_.model.block_count(), ground_.now(), join_view_};
  const BlockSpan chosen = ground_.scenario.sharding.policy->join(view, sums.size(), draw);
  EXPECT(chosen.size() <= k.setup.max_blocks && chosen.begin >= 0 && chosen.end <= ground_.model.block_count());
  return chosen;
}

void Nodes::serve(std::uint32_t node, Blocks blocks) {
  Presence& p = presence(node);
  p.blocks = blocks;
  live_.change(ground_.now(), 1);
  count_servers(blocks, 1);
  announce(node);
  plan_chore(node);
}

void Nodes::stop_serving(std::uint32_t node) {
  Presence& p = presence(node);
  if (p.blocks.empty()) return;
  live_.change(ground_.now(), -1);
  count_servers(p.blocks, -1);
  if (p.computing) busy_.change(ground_.now(), -1);
  for (std::uint32_t seat = p.running; seat != none;) {  // those that were closed while they ran
    const std::uint32_t next = seats_[seat].in_line;
    if (seats_[seat].closed) free_seat(seat);
    seat = next;
  }
  for (std::uint32_t seat = p.seats; seat != none;) {
    const std::uint32_t next = seats_[seat].on_node;
    free_seat(seat);
    seat = next;
  }
  ++ground_.counts.departures;
}

Announce Nodes::announcement(std::uint32_t node) const {
  const Presence& p = presence_[rows_[node].presence];
  const Agenda& told = agendas_[rows_[node].presence];
  const Time now = ground_.simulation().now();
  Announce a{};
  a.node = node;
  a.blocks = p.blocks;
  const double since = (now - told.announced).seconds();
  const double computed = (p.computed + (p.computing ? now - p.computing_since : Duration())).seconds();
  a.busy = since > 0 ? static_cast<std::uint16_t>(std::lround(65535 * std::clamp(computed / since, 0.0, 1.0))) : 0;
  a.cache_left = static_cast<std::uint32_t>(std::clamp(kv_left(node) / ground_.kv_bytes({0, 1}), 0.0, 4294967295.0));
  a.block_latency_s = p.step_blocks > 0 ? static_cast<float>(p.waited.seconds() / p.step_blocks) : 0;
  a.online_since_s = told.online_since_s;
  std::size_t sessions = 0;
  for (std::uint32_t seat = p.seats; seat != none; seat = seats_[seat].on_node) ++sessions;
  const auto most = [](std::size_t count) { return static_cast<std::uint16_t>(std::min<std::size_t>(count, 65535)); };
  a.queue = most(waiting(p.decode) + waiting(p.prefill) + (p.computing ? 1 : 0));
  a.sessions = most(sessions);
  return a;
}

void Nodes::announce(std::uint32_t node) {
  const Announce a = announcement(node);
  post(node, ground_.directory(), serving::announcement_bytes, a);
  Presence& p = presence(node);
  agenda(node).announced = ground_.now();
  p.computed = p.computing ? p.computing_since - ground_.now() : Duration();  // what of the batch is told already
  p.waited = {};
  p.step_blocks = 0;
}

// In good order: nobody new will be sent here, and those who are here hear of it while they are still served.
void Nodes::say_leaving(std::uint32_t node) {
  Presence& p = presence(node);
  p.leaving = true;
  if (p.blocks.empty()) return;
  post(node, ground_.directory(), serving::control_bytes, Withdraw{node});
  for (std::uint32_t seat = p.seats; seat != none; seat = seats_[seat].on_node) {
    const Seat& s = seats_[seat];
    post(node, engine::EntityId(s.client), serving::control_bytes, GiveUp{s.request, s.slot, s.leg});
  }
}

void Nodes::go(std::uint32_t node) {
  stop_serving(node);
  online_.change(ground_.now(), -1);
  presence_.give_back(rows_[node].presence);
  agendas_.give_back(rows_[node].presence);
  rows_[node].presence = none;
  wait_for_session(node);
}

void Nodes::count_servers(Blocks blocks, int by) {
  const int before = covered_now_;
  for (int b = blocks.begin; b < blocks.end; ++b) {
    int& servers = servers_[static_cast<std::size_t>(b)];
    if (servers == 0 && by > 0) ++covered_now_;
    servers += by;
    if (servers == 0) --covered_now_;
  }
  if (covered_now_ != before) covered_.emplace_back(ground_.now(), covered_now_);
}

}  // namespace orrery::sim::fleet
