// A swarm small enough to be run in both forms.
#pragma once

#include <map>
#include <string>

#include "sim/config/toml.hpp"
#include "sim/fleet/fleet.hpp"

namespace orrery::tests {

inline sim::serving::Scenario scenario(const std::string& toml) {
  return sim::serving::Scenario::read(sim::config::parse_toml(toml, "test.toml"));
}

inline std::map<std::string, double> metrics_of(const sim::RunResult& result) {
  std::map<std::string, double> map;
  for (const sim::Metric& m : result.metrics) map[m.name] = m.value;
  return map;
}

struct Shape {
  std::string form = "large";
  int nodes = 500;
  int requests = 400;
  std::string lifetime = "lifetime = \"skype06\"\ntime_scale = 0.002";  // sessions of two minutes
  std::string more = {};                                                // of any section, at the end
};

inline std::string swarm(const Shape& s, std::uint64_t seed = 1) {
  return "[experiment]\nseed = " + std::to_string(seed) + R"(
[model]
name = "llama-3-8b"
[rebalancing]
policy = "never"
[workload]
requests = )" +
         std::to_string(s.requests) + R"(
rate = 10
clients = 50
prompt_tokens = 300
output_tokens = 20
[swarm]
announce_period_s = 10
access = { datacentre = 1 }
nodes = )" +
         std::to_string(s.nodes) + "\nform = \"" + s.form + "\"\n" + (s.form == "whole" ? "view_refresh_s = 5\n" : "") +
         s.lifetime + "\n" + s.more;
}

inline sim::RunResult run(const std::string& toml) { return sim::fleet::run(scenario(toml), sim::Context()); }

}  // namespace orrery::tests
