// What tests of games are made of: policies from lines of a scenario, and the numbers of a result by name.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sim/config/toml.hpp"
#include "sim/game/game.hpp"

namespace orrery::sim::tests {

template <class Policy>
std::unique_ptr<Policy> made(const std::string& lines) {
  const config::Value root = config::parse_toml("[kind]\n" + lines, "test.toml");
  return config::Registry<Policy>::instance().make(*root.find("kind"), "kind", "none").policy;
}
inline std::unique_ptr<incentive::IncentivePolicy> incentive_of(const std::string& lines) {
  return made<incentive::IncentivePolicy>(lines);
}
inline std::unique_ptr<strategy::StrategyPolicy> strategy_of(const std::string& lines) {
  return made<strategy::StrategyPolicy>(lines);
}

inline double metric(const RunResult& result, const std::string& name) {
  for (const Metric& m : result.metrics) {
    if (m.name == name) return m.value;
  }
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

// One value an epoch.
inline std::vector<double> series(const RunResult& result, const std::string& name) {
  for (const Column& c : result.timeline) {
    if (c.name == name) return c.values;
  }
  ADD_FAILURE() << "no series " << name;
  return {};
}

}  // namespace orrery::sim::tests
