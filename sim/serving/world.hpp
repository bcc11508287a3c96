// What all entities of a run may look at: the scenario, the policies, the places and ids of the others. All of it is
// fixed for the run, except the mail room, where message bodies travel (each owned by one entity at a time), and the
// numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/behaviour/policy.hpp"
#include "sim/engine/simulation.hpp"
#include "sim/estimates.hpp"
#include "sim/execution/numbers.hpp"
#include "sim/execution/params.hpp"
#include "sim/execution/roofline.hpp"
#include "sim/execution/shortcuts.hpp"
#include "sim/network/topology.hpp"
#include "sim/rebalancing/policy.hpp"
#include "sim/routing/policy.hpp"
#include "sim/serving/audit_rules.hpp"
#include "sim/serving/messages.hpp"
#include "sim/serving/oracle.hpp"
#include "sim/serving/params.hpp"
#include "sim/serving/parcels.hpp"
#include "sim/serving/remote.hpp"
#include "sim/sharding/policy.hpp"
#include "sim/swarm/params.hpp"
#include "sim/verification/policy.hpp"
#include "sim/workload/model_graph.hpp"
#include "sim/workload/retrieval.hpp"

namespace orrery::sim::serving {

struct Mailroom {
  Parcels<OpenBody> opens;
  Parcels<NodeView> announcements;
  Parcels<Snapshot> snapshots;
  Parcels<CacheBody> caches;
  Parcels<ClaimBody> claims;
  Parcels<OrderBody> orders;
  Parcels<EvidenceBody> evidence;
  Parcels<SealBody> seals;
  Parcels<RevealBody> reveals;
};

// Where passages are looked up before the model is asked (workload.kind = "rag").
struct Lookup {
  workload::RetrievalParams params;
  execution::Machine machine;  // that does it: the server's or the client's
  bool at_server() const { return params.place == "server"; }
};

struct World {
  const ExperimentParams& experiment;
  const ServingParams& serving;
  const swarm::SwarmParams& swarm;
  const execution::ExecutionParams& execution;
  const workload::ModelGraph& model;
  const network::Topology& topology;
  const sharding::ShardingPolicy& sharding;
  const rebalancing::RebalancingPolicy& rebalancing;
  const routing::RoutingPolicy& routing;
  const failover::FailoverPolicy& failover;
  const verification::VerificationPolicy& verification;
  const behaviour::BehaviourPolicy& behaviour;
  const AuditRules& audits;
  engine::Simulation& simulation;
  execution::Numbers& numbers;
  Mailroom& mail;
  Oracle oracle;
  std::uint64_t seed = 0;
  std::uint32_t node_count = 0;
  std::uint32_t client_count = 0;
  bool trace = false;
  Remote* remote = nullptr;              // none: everybody is here
  const Estimates* estimates = nullptr;  // set once the nodes are there

  execution::Held held{};                      // how everybody agreed to keep weights and KV entries
  std::vector<execution::Profile> profiles{};  // of execution.profiles
  std::optional<Lookup> lookup{};              // none: requests look nothing up

  // The profile of this name; nothing for no name. InputError for a name that execution.profiles does not have.
  const execution::Profile* profile(const std::string& name) const;

  // Entities are added in this order, so that an entity's id is also its endpoint in the topology.
  engine::EntityId entity(NodeId node) const { return engine::EntityId(node.index()); }
  engine::EntityId entity(ClientId client) const { return engine::EntityId(node_count + client.index()); }
  engine::EntityId directory() const { return engine::EntityId(node_count + client_count); }
  // Only where audits.on().
  engine::EntityId auditor() const { return engine::EntityId(node_count + client_count + 1); }
  // Only where questions go to a server.
  bool has_retriever() const { return lookup && lookup->at_server(); }
  engine::EntityId retriever() const { return engine::EntityId(node_count + client_count + (audits.on() ? 2U : 1U)); }
  engine::EntityId referee() const { return engine::EntityId(retriever().index() + (has_retriever() ? 1U : 0U)); }
  engine::EntityId carrier() const { return engine::EntityId(referee().index() + 1); }
  bool is_node(engine::EntityId entity) const { return entity.index() < node_count; }
  NodeId node(engine::EntityId entity) const { return NodeId(entity.index()); }

  template <class M>
  void dispatch(engine::EntityId from, engine::EntityId to, Duration delay, const M& message) {
    ::orrery::sim::serving::dispatch(simulation, remote, from, to, delay, message);
  }

  // Bytes of the KV entries of `tokens` positions in some blocks.
  Bytes kv_bytes(BlockSpan blocks, Tokens tokens) const {
    double per_token = 0;
    for (int b = blocks.begin; b < blocks.end; ++b) {
      per_token += model.blocks[static_cast<std::size_t>(b)].kv_per_token.value();
    }
    return Bytes(per_token * static_cast<double>(tokens));
  }
  // Bytes of `count` rows of activations in the scenario's wire format.
  Bytes rows_bytes(Tokens count) const {
    return Bytes(
        static_cast<double>(kernels::encoded_bytes(execution.wire_format(), static_cast<int>(count), model.hidden)));
  }
};

}  // namespace orrery::sim::serving
