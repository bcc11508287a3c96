// A small swarm, from its scenario to its metrics: steady, and with churn that costs failovers.
#include <map>
#include <memory>

#include "sim/config/toml.hpp"
#include "sim/serving/run.hpp"
#include "tests/perf/cases.hpp"

namespace orrery::perf {
namespace {

constexpr const char* steady = R"(
[model]
name = "llama-3-8b"
[swarm]
node = [{ device = "a100-40", count = 2 }, { device = "l4", count = 4 }, { device = "t4", count = 6 }]
[network]
kind = "uniform"
rtt_ms = 10
[workload]
requests = 12
rate = 1
prompt_tokens = 64
output_tokens = 16
)";

constexpr const char* churn = R"(
[model]
name = "llama-3-8b"
[swarm]
nodes = 40
lifetime = "exponential"
lifetime_mean_s = 300
absence_mean_s = 60
access = { datacentre = 1 }
[workload]
requests = 12
rate = 1
prompt_tokens = 64
output_tokens = 16
clients = 4
)";

Work serve(const char* toml) {
  auto scenario = std::make_shared<sim::serving::Scenario>(
      sim::serving::Scenario::read(sim::config::parse_toml(toml, "perf serving")));
  return [scenario] {
    const sim::RunResult result = sim::serving::run(*scenario, sim::Context());
    std::map<std::string, double> metrics;
    for (const sim::Metric& m : result.metrics) metrics[m.name] = m.value;
    check(metrics.at("requests_total") == 12 && metrics.at("requests_served") == 12, "a request was not served");
  };
}

}  // namespace

Cases cases() {
  return {{"steady", [] { return serve(steady); }}, {"churn", [] { return serve(churn); }}};
}

}  // namespace orrery::perf
