// A scenario: everything that decides a run's result, read strictly from TOML.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/behaviour/policy.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/registry.hpp"
#include "sim/execution/params.hpp"
#include "sim/failover/policy.hpp"
#include "sim/game/params.hpp"
#include "sim/incentive/policy.hpp"
#include "sim/ledger/params.hpp"
#include "sim/network/params.hpp"
#include "sim/rebalancing/policy.hpp"
#include "sim/routing/policy.hpp"
#include "sim/serving/audit_params.hpp"
#include "sim/serving/params.hpp"
#include "sim/sharding/policy.hpp"
#include "sim/strategy/policy.hpp"
#include "sim/swarm/params.hpp"
#include "sim/verification/policy.hpp"
#include "sim/workload/model.hpp"
#include "sim/workload/params.hpp"
#include "sim/workload/retrieval.hpp"

namespace orrery::sim::serving {

// A section that is no policy: its fields, and their defaults as canonical TOML text.
struct Section {
  std::string name;
  std::string what;
  config::FieldList fields;
  std::string defaults;
};

// [experiment] [model] [swarm] [network] [workload] [retrieval] [serving] [execution] [ledger] [audit] [game], in this
// order.
std::vector<Section> sections();

class Scenario {
 public:
  // InputError at file:line:col for an unknown section, key, policy or name, and for keys that contradict each other.
  static Scenario read(const config::Value& root);

  // Every key with its value, defaults filled in, "section.key = value" a line, in a fixed order: what a run's id
  // hashes.
  std::string canonical() const;
  // The numeric keys of canonical() that are not policies' parameters, by their dotted names.
  std::vector<std::pair<std::string, double>> point() const;

  ExperimentParams experiment;
  workload::ModelParams model;
  swarm::SwarmParams swarm;
  network::NetworkParams network;
  workload::WorkloadParams workload;
  workload::RetrievalParams retrieval;
  ServingParams serving;
  execution::ExecutionParams execution;
  ledger::LedgerParams ledger;
  AuditingParams audit;
  game::GameParams game;
  config::Made<sharding::ShardingPolicy> sharding;
  config::Made<rebalancing::RebalancingPolicy> rebalancing;
  config::Made<routing::RoutingPolicy> routing;
  config::Made<failover::FailoverPolicy> failover;
  config::Made<verification::VerificationPolicy> verification;
  config::Made<incentive::IncentivePolicy> incentive;
  config::Made<behaviour::BehaviourPolicy> behaviour;
  config::Made<strategy::StrategyPolicy> strategy;

 private:
  void validate() const;
};

}  // namespace orrery::sim::serving
