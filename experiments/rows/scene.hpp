// A stage for one epoch: who is there, who did what, who said what; then what the policy makes of it.
#pragma once

#include <memory>
#include <string>

#include "sim/incentive/policy.hpp"

namespace orrery::experiments::rows {

// The policy of this name with parameters as in a scenario: policy("posp", "slash = 20").
std::unique_ptr<sim::incentive::IncentivePolicy> policy(const std::string& name, const std::string& parameters = "");

class Scene {
 public:
  explicit Scene(const sim::incentive::IncentivePolicy& policy) : policy_(policy) {}

  // Nodes get the numbers 0, 1, 2, ...
  sim::NodeId add(double stake = 0, double ask = 0);
  // Forgets what was done, keeps who is there and what the policy remembers of them.
  void clear();
  // Opens a request that the following legs belong to.
  void request(double fee);
  void leg(sim::NodeId node, int stage = 0, bool timed_out = false);
  // Of the newest leg. `said`: what each auditor said; the verdict is what it ended with.
  void audit(sim::incentive::Verdict verdict,
             const std::vector<std::pair<sim::NodeId, sim::incentive::Verdict>>& said = {}, bool forced = false);
  void contribute(sim::NodeId worker, std::uint64_t digest);
  void score(sim::NodeId judge, sim::NodeId judged, double value);

  sim::incentive::Epoch& epoch() { return epoch_; }
  const sim::incentive::State& state() const { return state_; }
  // Settles the epoch; then income() tells what it brought. Conservation is checked.
  void settle(double pool = 0);
  double paid(sim::NodeId node) const { return sim::coins(settlement_.pay[node.index()]); }
  double slashed(sim::NodeId node) const { return sim::coins(settlement_.slash[node.index()]); }
  double income(sim::NodeId node) const { return paid(node) - slashed(node); }

 private:
  const sim::incentive::IncentivePolicy& policy_;
  sim::incentive::Epoch epoch_;
  sim::incentive::State state_;
  sim::incentive::Settlement settlement_;
  sim::Draw draw_{1, sim::Stream::incentive, 0};
};

// Mean and 95 % half width of a sample, as it grows.
class Mean {
 public:
  void add(double x);
  double value() const { return mean_; }
  double count() const { return count_; }
  double half_width() const;

 private:
  double count_ = 0, mean_ = 0, squares_ = 0;
};

// Where the line through (x0, y0) and (x1, y1) is zero.
double crossing(double x0, double y0, double x1, double y1);

}  // namespace orrery::experiments::rows
