// What everybody in a large swarm stands on: the kinds of node there are, who is which, the network between them, and
// the counts that the whole run adds up. A million nodes share a few hundred kinds (device, region, access link, NAT,
// speed), so a node is a 16-bit kind and an endpoint of the topology belongs to a kind.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "sim/engine/prefetch.hpp"
#include "sim/fleet/messages.hpp"
#include "sim/fleet/slots.hpp"
#include "sim/serving/cast.hpp"
#include "sim/serving/endpoints.hpp"

namespace orrery::sim::fleet {

struct NodeKind {
  swarm::NodeSpec spec;
  bool nat = false;
  serving::NodeSetup setup{};
  NodeView view{};                      // what it announces that never changes
  std::vector<double> throughput = {};  // announced, by the number of blocks served
};

// Both directions of an entity's access link.
struct Link {
  Time up_free, down_free;
};

// Sums over the run. Each term is a whole number below 2^53, so the order of adding does not show.
struct Counts {
  double bytes = 0;           // put on access links
  double control = 0;         // messages without activations
  double control_bytes = 0;   // theirs
  double failover_bytes = 0;  // inputs sent again
  double block_tokens = 0;
  double departures = 0;
  double online_ns = 0, live_ns = 0, busy_ns = 0;
  std::uint64_t claims = 0;
};

class Ground {
 public:
  Ground(const serving::Scenario& scenario, const workload::ModelGraph& model, engine::EventSet set);

  const serving::Scenario& scenario;
  const workload::ModelGraph& model;
  std::uint64_t seed;
  std::uint32_t nodes = 0;
  std::uint32_t clients = 0;

  void foresee(std::uint32_t node) const { engine::fetch_line(&kind_of_[node]); }
  const NodeKind& kind(std::uint32_t node) const { return kinds_[kind_of_[node]]; }
  const std::vector<NodeKind>& kinds() const { return kinds_; }

  engine::Simulation& simulation() { return *simulation_; }
  const engine::Simulation& simulation() const { return *simulation_; }
  Time now() const { return simulation_->now(); }
  // Entities: nodes, clients, directory, referee, crowd.
  engine::EntityId node(std::uint32_t i) const { return engine::EntityId(i); }
  engine::EntityId client(std::uint32_t i) const { return engine::EntityId(nodes + i); }
  engine::EntityId directory() const { return engine::EntityId(nodes + clients); }
  engine::EntityId referee() const { return engine::EntityId(nodes + clients + 1); }
  engine::EntityId crowd() const { return engine::EntityId(nodes + clients + 2); }

  // One way, without jitter.
  Duration latency(engine::EntityId a, engine::EntityId b) const;
  // Sends `payload` bytes from `from`, whose link it is, to `to`: through the up link, over the network with jitter,
  // not to arrive before `after`, which it moves on (null: no such order). `jitter` counts the sender's draws.
  template <class M>
  void post(engine::EntityId from, Link& link, std::uint32_t& jitter, engine::EntityId to, double payload,
            const M& message, Time* after = nullptr) {
    if constexpr (M::kind != Rows::kind && M::kind != Output::kind) {
      ++counts.control;
      counts.control_bytes += topology_->wire(Bytes(payload)).value();
    }
    simulation_->send(from, to, depart(from, link, jitter, to, payload, after), message);
  }
  // When a message that begins to come in now is in; likewise `bytes` without headers.
  Time take_in(engine::EntityId to, Link& link, double payload) const {
    return fill(to, link, topology_->wire(Bytes(payload)).value());
  }
  Time fill(engine::EntityId to, Link& link, double bytes) const;

  double rows_bytes(Tokens count) const { return world_->rows_bytes(count).value(); }
  double kv_bytes(BlockSpan blocks) const {  // of one position
    return kv_upto_[static_cast<std::size_t>(blocks.end)] - kv_upto_[static_cast<std::size_t>(blocks.begin)];
  }
  double weight_bytes(BlockSpan blocks) const {
    return weights_upto_[static_cast<std::size_t>(blocks.end)] - weights_upto_[static_cast<std::size_t>(blocks.begin)];
  }
  // The announcement that `seen` is of.
  NodeView view(const Seen& seen) const;
  Time horizon() const { return Time::from_seconds(scenario.experiment.max_time_s); }

  serving::Parcels<Opening> openings;
  serving::Parcels<std::vector<Seen>> samples;
  serving::Parcels<std::vector<double>> sums;
  Counts counts;
  serving::Recorder record;

 private:
  void meet_nodes();
  void place_clients();
  void describe_kinds();
  const network::Endpoint& endpoint(engine::EntityId entity) const { return topology_->endpoint(spot(entity)); }
  std::uint32_t spot(engine::EntityId entity) const;  // its endpoint in the topology
  Duration depart(engine::EntityId from, Link& link, std::uint32_t& jitter, engine::EntityId to, double payload,
                  Time* after);

  std::vector<NodeKind> kinds_;
  std::vector<std::uint16_t, engine::PageAllocator<std::uint16_t>> kind_of_;
  std::vector<std::uint16_t> client_spot_;
  std::vector<network::Endpoint> places_;  // of kinds, then of clients by region, then of the directory
  std::vector<double> kv_upto_{0.0}, weights_upto_{0.0};
  std::unique_ptr<network::Topology> topology_;
  std::unique_ptr<engine::Simulation> simulation_;
  std::unique_ptr<execution::Numbers> numbers_;
  serving::AuditRules audits_;  // of none: form.cpp refuses policies that audit
  serving::Mailroom mail_;
  std::unique_ptr<serving::World> world_;
};

}  // namespace orrery::sim::fleet
