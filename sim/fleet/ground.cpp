#include "sim/fleet/ground.hpp"

#include <algorithm>
#include <tuple>

namespace orrery::sim::fleet {
namespace {

// Everything of a node that a run can tell apart.
auto key(const swarm::NodeSpec& s, bool nat) {
  return std::tuple(s.device.index(), s.region.index(), s.up.value(), s.down.value(), s.access.ns(), s.slowdown,
                    s.max_blocks_override, s.row, nat);
}

}  // namespace

Ground::Ground(const serving::Scenario& s, const workload::ModelGraph& m, engine::EventSet set)
    : scenario(s),
      model(m),
      seed(static_cast<std::uint64_t>(s.experiment.seed)),
      clients(static_cast<std::uint32_t>(s.workload.clients)),
      record(Duration::from_seconds(s.experiment.sample_period_s), false),
      numbers_(execution::make_no_numbers()),
      audits_(s, m, {}) {
  meet_nodes();
  place_clients();
  topology_ = std::make_unique<network::Topology>(s.network, places_, seed);
  simulation_ = std::make_unique<engine::Simulation>(topology_->lookahead(), set);
  simulation_->reserve(std::size_t{nodes} + clients + 3);
  world_.reset(new serving::World{.experiment = s.experiment,
                                  .serving = s.serving,
                                  .swarm = s.swarm,
                                  .execution = s.execution,
                                  .model = m,
                                  .topology = *topology_,
                                  .sharding = *s.sharding.policy,
                                  .rebalancing = *s.rebalancing.policy,
                                  .routing = *s.routing.policy,
                                  .failover = *s.failover.policy,
                                  .verification = *s.verification.policy,
                                  .behaviour = *s.behaviour.policy,
                                  .audits = audits_,
                                  .simulation = *simulation_,
                                  .numbers = *numbers_,
                                  .mail = mail_,
                                  .oracle = {},
                                  .seed = seed,
                                  .node_count = nodes,
                                  .client_count = clients});
  for (const workload::BlockCost& block : m.blocks) {
    kv_upto_.push_back(kv_upto_.back() + block.kv_per_token.value());
    weights_upto_.push_back(weights_upto_.back() + block.weights.value());
  }
  describe_kinds();
}

void Ground::meet_nodes() {
  std::map<decltype(key({}, false)), std::uint16_t> known;
  swarm::populate(scenario.swarm, seed, [&](const swarm::NodeSpec& spec) {
    const network::Endpoint place = serving::node_endpoint(scenario, spec, nodes++);
    const auto [found, fresh] = known.try_emplace(key(spec, place.nat), static_cast<std::uint16_t>(kinds_.size()));
    if (fresh) {
      VALIDATE(kinds_.size() < 0xffff, "swarm.node", "more than 65535 kinds of node",
               "swarm.form = \"large\" keeps a node's kind in 16 bits", "Use fewer different rows.");
      kinds_.push_back({spec, place.nat});
      places_.push_back(place);
    }
    kind_of_.push_back(found->second);
  });
  kind_of_.shrink_to_fit();
}

void Ground::place_clients() {
  const config::Mix& mix =
      scenario.workload.client_regions.empty() ? scenario.swarm.regions : scenario.workload.client_regions;
  std::map<std::uint32_t, std::uint16_t> known;
  for (RegionId region : swarm::place_clients(mix, clients, seed, "workload.client_regions")) {
    const auto [found, fresh] = known.try_emplace(region.index(), static_cast<std::uint16_t>(places_.size()));
    if (fresh) places_.push_back(serving::client_endpoint(scenario, region));
    client_spot_.push_back(found->second);
  }
  places_.push_back(serving::directory_endpoint(scenario));
}

void Ground::describe_kinds() {
  for (NodeKind& kind : kinds_) {
    kind.setup = serving::make_node_setup(*world_, kind.spec, kind.nat);
    kind.view = serving::describe(*world_, kind.setup, NodeId(0), {});
    for (int blocks = 0; blocks <= kind.setup.max_blocks; ++blocks) {
      kind.throughput.push_back(serving::describe(*world_, kind.setup, NodeId(0), {0, blocks}).throughput);
    }
  }
}

NodeView Ground::view(const Seen& seen) const {
  const NodeKind& k = kind(seen.node);
  NodeView v = k.view;
  v.node = NodeId(seen.node);
  v.span = seen.blocks.span();
  v.throughput = k.throughput[static_cast<std::size_t>(v.span.size())];
  v.cache_left = seen.cache_left;
  v.queue = seen.queue;
  v.sessions = seen.sessions;
  v.block_latency_s = seen.block_latency_s;
  v.busy = seen.busy / 65535.0;
  v.online_since = Time::from_seconds(seen.online_since_s);
  v.announced = seen.announced;
  return v;
}

std::uint32_t Ground::spot(engine::EntityId entity) const {
  const std::uint32_t i = entity.index();
  if (i < nodes) return kind_of_[i];
  return i < nodes + clients ? client_spot_[i - nodes] : static_cast<std::uint32_t>(places_.size() - 1);
}

Duration Ground::latency(engine::EntityId a, engine::EntityId b) const {
  const std::uint32_t from = spot(a), to = spot(b);
  return topology_->latency(from, to, topology_->relayed(from, to, a.index(), b.index()));
}

Duration Ground::depart(engine::EntityId from, Link& link, std::uint32_t& jitter, engine::EntityId to, double payload,
                        Time* after) {
  const std::uint32_t a = spot(from), b = spot(to);
  const bool relayed = topology_->relayed(a, b, from.index(), to.index());
  const Bytes wire = topology_->wire(Bytes(payload));
  counts.bytes += wire.value();
  const BytesPerSecond up = topology_->endpoint(a).up;
  link.up_free = std::max(now(), link.up_free) + network::transfer_time(wire, up);
  Duration path = topology_->latency(a, b, relayed);
  if (topology_->jitter() > 0) {
    Draw draw(seed, Stream::network, from.index(), jitter++);
    path = path + Duration::from_seconds(draw.exponential(topology_->jitter() * path.seconds()));
  }
  if (relayed) {
    const BytesPerSecond rate = std::min(up, topology_->endpoint(b).down);
    path = path + network::transfer_time(wire, rate * topology_->relay_rate()) - network::transfer_time(wire, rate);
  }
  Time arrival = link.up_free + path;
  if (after) *after = arrival = std::max(arrival, *after);
  return arrival - now();
}

Time Ground::fill(engine::EntityId to, Link& link, double bytes) const {
  link.down_free = std::max(now(), link.down_free) + network::transfer_time(Bytes(bytes), endpoint(to).down);
  return link.down_free;
}

}  // namespace orrery::sim::fleet
