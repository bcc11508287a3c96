// What is fixed about the audits of a run: the verification policy and what it costs here, how often a claim is drawn,
// and the measured rates and thresholds.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/behaviour/policy.hpp"
#include "sim/coins.hpp"
#include "sim/detection/table.hpp"
#include "sim/incentive/policy.hpp"
#include "sim/ledger/params.hpp"
#include "sim/serving/audit_params.hpp"
#include "sim/swarm/population.hpp"
#include "sim/verification/policy.hpp"
#include "sim/view.hpp"
#include "sim/workload/model.hpp"

namespace orrery::sim::serving {

class Scenario;

class AuditRules {
 public:
  // Refers to the scenario. InputError for a table that cannot be read.
  AuditRules(const Scenario& scenario, const workload::ModelGraph& model, const std::vector<swarm::NodeSpec>& nodes);

  // Does the policy ever audit?
  bool on() const { return policy_.committee() > 0; }
  bool of_text() const { return policy_.scope() == verification::Scope::text; }
  const verification::VerificationPolicy& policy() const { return policy_; }
  const AuditingParams& params() const { return params_; }
  double block_time_s() const;
  double epoch_s() const;
  // What a user pays for a request.
  double price_coins(Tokens prompt, Tokens output) const;

  // The precision that everybody agreed to serve: the population's or, where it is not known, that of all nodes.
  Weights agreed() const { return agreed_; }

  verification::Cost cost(BlockSpan blocks, Tokens prompt, Tokens rows) const;
  double slowdown() const;
  // Do verifiers commit to their votes before anybody shows one? Who is alone has nobody to copy from.
  bool sealed() const { return params_.votes == "sealed" && policy_.committee() > 1; }
  const incentive::IncentivePolicy& incentive() const;
  const ledger::LedgerParams& ledger() const;
  // Does the incentive policy say how often claims are audited?
  bool incentive_decides() const;
  // How many are to look at a claim: as the verification policy draws, or at the incentive policy's rate where that has
  // an opinion; of a text, at the highest of those of its `claimants`.
  int select(const verification::Claim& claim, const verification::History& history,
             std::span<const incentive::Claimant> claimants, Draw& draw) const;

  // The chance that evidence of this conduct is rejected, by whoever looks; that of honest work where nothing gives the
  // executor away. RunError where that was never measured.
  double rejection_rate(const std::string& cheat, BlockSpan blocks, NodeId executor) const;
  // The score above which it is. RunError likewise.
  double threshold(BlockSpan blocks) const;
  // What an executor that serves `blocks` knows of those who watch. What was not measured within reach it does not
  // know.
  class Odds final : public behaviour::Odds {
   public:
    Odds(const AuditRules& rules, BlockSpan blocks, NodeId executor)
        : rules_(rules), blocks_(blocks), executor_(executor) {}
    std::optional<double> caught(std::string_view behaviour) const override;

   private:
    const AuditRules& rules_;
    BlockSpan blocks_;
    NodeId executor_;
  };

  // InputError for what can be known before the run: a committee that the swarm cannot fill, rates or thresholds that
  // nobody measured, evidence that executors cannot make, cheats that cannot happen. `nodes`: of all nodes, with the
  // spans placed at time zero.
  void check(const std::vector<NodeView>& nodes, const behaviour::BehaviourPolicy& behaviour) const;

 private:
  // Of a claim for `blocks`, whose text is as long as the workload's are on average.
  detection::Extent extent(BlockSpan blocks) const;
  // What a node has to show rates for: the stage it was placed on, or the largest that it may hold.
  BlockSpan stage(const NodeView& node) const;
  void check_sampling(const std::vector<NodeView>& nodes, const behaviour::BehaviourPolicy& behaviour) const;
  void check_committee(const std::vector<NodeView>& nodes) const;
  void check_protocol(const std::vector<NodeView>& nodes) const;
  void check_thresholds(const std::vector<NodeView>& nodes) const;
  void check_rates(const std::vector<NodeView>& nodes, const behaviour::BehaviourPolicy& behaviour) const;
  std::set<std::string> cheats_on(const NodeView& node, const behaviour::BehaviourPolicy& role) const;
  double chance() const;
  template <class See>
  void for_each_conduct(const behaviour::BehaviourPolicy& role, NodeId node, BlockSpan blocks, See&& see) const;

  const Scenario& scenario_;
  const verification::VerificationPolicy& policy_;
  const AuditingParams& params_;
  const workload::ModelGraph& model_;
  std::optional<detection::DetectionTable> own_table_;
  const detection::DetectionTable* table_ = nullptr;
  detection::Circumstances at_;
  Weights agreed_ = Weights::full;
  verification::Shape shape_;  // of one block
  double rows_ = 0;            // positions of a text of the workload's mean lengths
  double chance_ = 0;          // that a newcomer's claim is audited
};

}  // namespace orrery::sim::serving
