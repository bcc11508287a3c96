// A run whose cast is still there to be looked at. One rank's work.
#pragma once

#include "sim/serving/metrics.hpp"
#include "tests/sim/serving/scenarios.hpp"

namespace orrery::tests {

struct Played {
  explicit Played(const std::string& toml)
      : given(scenario(toml)),
        graph(sim::workload::graph(given.model)),
        numbers(sim::execution::make_no_numbers()),
        cast(given, graph, *numbers, false),
        end(cast.run({})),
        records(sim::serving::all_records(cast)) {}
  sim::serving::Settled settled() const { return settled(records); }
  sim::serving::Settled settled(const std::vector<sim::serving::RequestRecord>& told) const {
    return sim::serving::settle(cast, told, end);
  }

  sim::serving::Scenario given;
  sim::workload::ModelGraph graph;
  std::unique_ptr<sim::execution::Numbers> numbers;
  sim::serving::Cast cast;
  sim::Time end;
  std::vector<sim::serving::RequestRecord> records;
};

inline double metric_of(const sim::serving::Settled& settled, const std::string& name) {
  for (const sim::Metric& m : settled.metrics) {
    if (m.name == name) return m.value;
  }
  throw ContractError("no metric " + name);
}

}  // namespace orrery::tests
