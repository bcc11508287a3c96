// Everybody who takes part in a run, built from a scenario, and the run itself.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sim/engine/simulation.hpp"
#include "sim/serving/auditor.hpp"
#include "sim/serving/carrier.hpp"
#include "sim/serving/client.hpp"
#include "sim/serving/estimates.hpp"
#include "sim/serving/node.hpp"
#include "sim/serving/placement.hpp"
#include "sim/serving/referee.hpp"
#include "sim/serving/registrar.hpp"
#include "sim/serving/retriever.hpp"
#include "sim/serving/run.hpp"

namespace orrery::sim::serving {

// Clients' own processors (serving.client_device).
execution::Machine client_machine(const Scenario& scenario, const workload::ModelGraph& model);

class Cast {
 public:
  // `numbers` outlives the cast. InputError for what cannot work at all: a model that fits on no set of nodes, say.
  // `remote`, if given, says which entities live in other processes; only the others are started here.
  Cast(const Scenario& scenario, const workload::ModelGraph& model, execution::Numbers& numbers, bool trace,
       Remote* remote = nullptr);

  // Runs until every request has ended or experiment.max_time_s is over; returns the end.
  Time run(const RunOptions& options);

  // The same by a clock that is not ours: the caller drives the simulation, and then ends it here.
  engine::Simulation& simulation() { return simulation_; }
  Mailroom& mail() { return mail_; }
  bool all_ended() const { return referee_->ended() >= expected_; }
  void finish(Time end);

  const Scenario& scenario() const { return scenario_; }
  const workload::ModelGraph& model() const { return model_; }
  const engine::Simulation& simulation() const { return simulation_; }
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }
  const Registrar& registrar() const { return *registrar_; }
  // Where the verification policy ever audits.
  const Auditor* auditor() const { return auditor_.get(); }
  // Where questions go to a server.
  const Retriever* retriever() const { return retriever_.get(); }
  const AuditRules& audits() const { return audits_; }
  const Estimates& estimates() const { return estimates_; }
  // What the placement at time zero is worth, if the scenario asks (serving.measure_placement).
  const std::optional<PlacementReport>& placement() const { return placement_; }
  engine::EntityId directory() const { return world_.directory(); }
  // Who is on line at time zero, serving nothing yet.
  std::vector<NodeView> first_views() const;
  std::uint64_t expected() const { return expected_; }

 private:
  Oracle make_oracle() const;
  void check_capacity() const;
  void check_presence() const;
  void place();
  void check_audits(const std::vector<std::optional<BlockSpan>>& placed) const;

  const Scenario& scenario_;
  const workload::ModelGraph& model_;
  std::vector<swarm::NodeSpec> specs_;
  std::shared_ptr<const workload::Workload> workload_;
  std::vector<workload::Request> requests_;  // open loop
  std::uint64_t expected_ = 0;
  AuditRules audits_;
  network::Topology topology_;
  engine::Simulation simulation_;
  Mailroom mail_;
  World world_;
  RooflineEstimates estimates_;
  std::optional<PlacementReport> placement_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unique_ptr<Registrar> registrar_;
  std::unique_ptr<Auditor> auditor_;
  std::unique_ptr<Retriever> retriever_;
  std::unique_ptr<Referee> referee_;
  std::unique_ptr<Carrier> carrier_;
};

}  // namespace orrery::sim::serving
