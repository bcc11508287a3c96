#include "sim/serving/form.hpp"

#include <cmath>
#include <string>

#include "sim/serving/scenario.hpp"
#include "sim/workload/model_graph.hpp"

namespace orrery::sim::serving {
namespace {

constexpr int most_blocks = 255;

class Refusals {
 public:
  explicit Refusals(const config::Value& root) : root_(root) {}

  // `key` as "section.key"; `what` is wrong with it.
  void operator()(bool wrong, const std::string& key, const std::string& what, const char* why, const char* how) const {
    VALIDATE(!wrong, place(key), place(key) == key ? what + with : "'" + key + "': " + what + with, why, how);
  }

 private:
  static constexpr const char* with = " with swarm.form = \"large\"";
  std::string place(const std::string& key) const {
    const std::size_t dot = key.find('.');
    const config::Value* section = root_.find(key.substr(0, dot));
    if (section == nullptr) return key;
    for (const config::Entry& entry : section->table()) {
      if (entry.key == key.substr(dot + 1) && entry.place.line > 0) return entry.place.text();
    }
    return key;
  }
  const config::Value& root_;
};

// A policy's canonical text begins with its name: `verification.policy = "none"`.
bool is(const std::string& canonical, const char* policy) {
  return canonical.find("policy = \"" + std::string(policy) + "\"") != std::string::npos;
}

void validate_policies(const Scenario& s, const Refusals& refuse) {
  refuse(!s.sharding.policy->joins_by_sums(), "sharding.policy", "not possible",
         "a joining node is told sums of throughput, block by block, and this policy looks at every node",
         "Use sharding.policy = \"petals\".");
  Draw draw(0, Stream::sharding, 0);
  refuse(std::isfinite(s.rebalancing.policy->period_s(draw)), "rebalancing.policy", "not possible",
         "whether to move is decided on a view of every node", "Set rebalancing.policy = \"never\".");
  refuse(s.routing.policy->needs_whole_view(), "routing.policy", "not possible",
         "clients are sent samples, and this policy needs the whole swarm", "Use petals, least_loaded or power_of_d.");
  refuse(is(s.routing.canonical, "hedged"), "routing.policy", "hedging is not possible", "a leg is asked once there",
         "Use petals, least_loaded or power_of_d.");
  const failover::Care care = s.failover.policy->care();
  const failover::Recovery recovery = s.failover.policy->recover({1, 0, 1, 2});
  refuse(!care.caches || !care.inputs || care.holder != failover::Holder::nobody || recovery.restart, "failover.policy",
         "not possible", "rows are counted there, and only inputs kept by clients rebuild a lost part",
         "Set failover.policy = \"replay\".");
  refuse(!is(s.verification.canonical, "none") || s.verification.policy->committee() > 0, "verification.policy",
         "not possible", "nothing is audited there", "Set verification.policy = \"none\".");
  refuse(!is(s.incentive.canonical, "none"), "incentive.policy", "not possible", "nobody is paid there",
         "Set incentive.policy = \"none\".");
  refuse(!is(s.behaviour.canonical, "honest"), "behaviour.policy", "not possible", "all nodes are honest there",
         "Set behaviour.policy = \"honest\".");
}

void validate_keys(const Scenario& s, const Refusals& refuse) {
  refuse(s.execution.mode != "model", "execution.mode", "\"" + s.execution.mode + "\" is not possible",
         "no rank could hold what a large swarm computes", "Set execution.mode = \"model\".");
  refuse(!s.execution.profiles.empty(), "execution.profiles", "not possible", "nodes there follow their roofline",
         "Leave it out.");
  refuse(s.execution.entry_rate > 0, "execution.entry_rate", "not possible", "rows enter a device at once there",
         "Set it to 0.");
  refuse(s.execution.keep_rate > 0, "execution.keep_rate", "not possible", "clients keep rows at once there",
         "Set it to 0.");
  refuse(s.serving.batching != "stage", "serving.batching", "\"" + s.serving.batching + "\" is not possible",
         "a batch passes all blocks of a node at once there", "Set serving.batching = \"stage\".");
  refuse(s.serving.kv_admission != "reserve", "serving.kv_admission",
         "\"" + s.serving.kv_admission + "\" is not possible", "a session reserves its whole KV cache there",
         "Set serving.kv_admission = \"reserve\".");
  refuse(!s.serving.prefix_cache, "serving.prefix_cache", "has no effect", "prefixes are not shared there anyway",
         "Leave it out.");
  refuse(s.serving.measure_placement, "serving.measure_placement", "not possible", "it looks at every node",
         "Leave it out.");
  refuse(s.serving.measure_regret, "serving.measure_regret", "not possible", "it looks at every node for each answer",
         "Leave it out.");
  refuse(s.swarm.view_refresh_s != swarm::SwarmParams().view_refresh_s, "swarm.view_refresh_s", "has no effect",
         "clients hold no view there, they ask for a sample each time", "Leave it out.");
  refuse(s.network.link_mbit > 0, "network.link_mbit", "not possible", "pairs of nodes are not remembered there",
         "Set it to 0.");
  refuse(s.network.break_probability > 0, "network.break_probability", "not possible", "connections do not break there",
         "Set it to 0.");
  refuse(s.workload.arrival == "closed", "workload.arrival", "\"closed\" is not possible",
         "requests arrive by themselves there", "Use poisson, bursty or trace.");
  refuse(s.workload.kind != "generation", "workload.kind", "\"" + s.workload.kind + "\" is not possible",
         "a request there is a prompt and its tokens", "Set workload.kind = \"generation\".");
  refuse(s.workload.prefix_groups > 0, "workload.prefix_groups", "not possible", "prefixes are not shared there",
         "Set it to 0.");
  refuse(workload::graph(s.model).block_count() > most_blocks, "model.name", "more than 255 blocks are not possible",
         "a span is kept in two bytes there", "Choose a smaller model.");
}

}  // namespace

void validate_form(const Scenario& s, const config::Value& root) {
  if (s.swarm.form != "large") return;
  const Refusals refuse(root);
  validate_keys(s, refuse);
  validate_policies(s, refuse);
}

}  // namespace orrery::sim::serving
