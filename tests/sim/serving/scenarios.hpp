// Small scenarios for tests, written as users write them.
#pragma once

#include <map>
#include <string>

#include "sim/config/toml.hpp"
#include "sim/serving/run.hpp"
#include "tests/mpi_main.hpp"

namespace orrery::tests {

inline sim::serving::Scenario scenario(const std::string& toml) {
  return sim::serving::Scenario::read(sim::config::parse_toml(toml, "test.toml"));
}

inline sim::Context ranks() {
  sim::Context context;
  context.comm = communicator();
  return context;
}

inline std::map<std::string, double> metrics_of(const sim::RunResult& result) {
  std::map<std::string, double> map;
  for (const sim::Metric& m : result.metrics) map[m.name] = m.value;
  return map;
}

inline const std::vector<double>& column_of(const std::vector<sim::Column>& columns, const std::string& name) {
  for (const sim::Column& c : columns) {
    if (c.name == name) return c.values;
  }
  throw ContractError("no column " + name);
}

// Forty nodes of three blocks each that live a minute on average; twenty requests on the embedded model.
inline std::string churn(const std::string& mode, const std::string& more = {}) {
  return R"(
[experiment]
seed = 11
[model]
name = "embedded"
weights = "bf16"
kv = "fp32"
compute = "fp32"
client = "fp32"
[swarm]
lifetime = "exponential"
lifetime_mean_s = 45
absence_mean_s = 15
announce_period_s = 5
view_refresh_s = 5
node = [{ device = "rtx-3060", count = 40, blocks = 3 }]
[workload]
requests = 20
rate = 1.0
clients = 4
prompt_tokens = 24
output_tokens = 20
[serving]
prefill_chunk = 10
step_timeout_s = 2
probe_timeout_s = 1
connect_timeout_s = 2
[execution]
wire = "fp32"
mode = ")" +
         mode + "\"\n" + more;
}

// Twelve nodes that hold the whole embedded model each, so that any of them can redo what another did. Texts are as
// long as those that rates of detection were measured on.
inline std::string audited(const std::string& mode, int requests, const std::string& sections,
                           const std::string& swarm = {}, int blocks = 12, int count = 12) {
  return R"(
[experiment]
seed = 5
[model]
name = "embedded"
weights = "fp32"
kv = "fp32"
compute = "fp32"
client = "fp32"
[workload]
rate = 4.0
clients = 3
prompt_tokens = 48
output_tokens = 32
requests = )" +
         std::to_string(requests) + R"(
[execution]
wire = "fp32"
mode = ")" +
         mode + R"("
[sharding]
policy = "bsns"
[routing]
policy = "random"
[swarm]
node = [{ device = "rtx-3060", count = )" +
         std::to_string(count) + ", blocks = " + std::to_string(blocks) + " }]\n" + swarm + sections;
}

// Every claim is audited.
inline std::string policy(const std::string& name, const std::string& more = {}) {
  return "[verification]\npolicy = \"" + name + "\"\nrate = 1.0\n" + more;
}
inline std::string mix(const std::string& members) {
  return "[behaviour]\npolicy = \"mix\"\nmembers = { " + members + " }\n";
}

}  // namespace orrery::tests
