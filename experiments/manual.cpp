#include "experiments/manual.hpp"

#include "experiments/sweep_section.hpp"
#include "kernels/contract.hpp"
#include "sim/config/registry.hpp"
#include "sim/serving/scenario.hpp"

namespace orrery::experiments {
namespace {

namespace sim = orrery::sim;

template <class Policy>
void add_policies(std::vector<Topic>& list, const std::string& kind) {
  sim::config::Value nothing;
  nothing.data = sim::config::Table{};
  for (const auto& [name, record] : sim::config::Registry<Policy>::instance().records()) {
    list.push_back({kind + "." + name, kind, name, record.about.summary, record.about.help, record.about.citation,
                    record.fields, record.make(nothing, "").canonical});
  }
}

std::vector<Topic> collect() {
  std::vector<Topic> list;
  for (const auto& s : sim::serving::sections())
    list.push_back({s.name, s.name, "", s.what, "", "", s.fields, s.defaults});
  const SweepParams sweep;
  const sim::config::FieldList fields = SweepParams::fields().list();
  list.push_back(
      {"sweep", "sweep", "", sweep_summary, sweep_help, "", fields, sim::config::write_fields(fields, &sweep), false});
  add_policies<sim::sharding::ShardingPolicy>(list, "sharding");
  add_policies<sim::rebalancing::RebalancingPolicy>(list, "rebalancing");
  add_policies<sim::routing::RoutingPolicy>(list, "routing");
  add_policies<sim::failover::FailoverPolicy>(list, "failover");
  add_policies<sim::verification::VerificationPolicy>(list, "verification");
  add_policies<sim::incentive::IncentivePolicy>(list, "incentive");
  add_policies<sim::behaviour::BehaviourPolicy>(list, "behaviour");
  add_policies<sim::strategy::StrategyPolicy>(list, "strategy");
  return list;
}

}  // namespace

const std::vector<Topic>& topics() {
  static const std::vector<Topic> all = collect();
  return all;
}

const std::vector<std::string>& policy_kinds() {
  static const std::vector<std::string> kinds = [] {
    std::vector<std::string> list;
    for (const Topic& topic : topics()) {
      if (!topic.policy.empty() && (list.empty() || list.back() != topic.section)) list.push_back(topic.section);
    }
    return list;
  }();
  return kinds;
}

std::string default_of(const Topic& topic, std::string_view key) {
  const std::string start = "\n" + std::string(key) + " = ";
  const std::string lines = "\n" + topic.defaults;
  const std::size_t at = lines.find(start);
  EXPECT(at != std::string::npos);
  const std::size_t begin = at + start.size();
  return lines.substr(begin, lines.find('\n', begin) - begin);
}

}  // namespace orrery::experiments
