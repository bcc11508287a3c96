#include "experiments/check.hpp"

#include <fmt/format.h>

#include "experiments/run_id.hpp"
#include "sim/workload/model_shape.hpp"

namespace orrery::experiments {
namespace {

using sim::serving::Scenario;

std::int64_t nodes_of(const Scenario& s) {
  if (s.swarm.node.empty()) return s.swarm.nodes;
  std::int64_t count = 0;
  for (const auto& row : s.swarm.node) count += row.count;
  return count;
}

// Known before the run only where no trace says how much there is.
std::string requests_of(const Scenario& s) {
  if (s.workload.requests > 0) return fmt::format("at most {} requests", s.workload.requests);
  if (s.workload.arrival == "trace") return "as many requests as the trace has";
  return fmt::format("about {:.0f} requests", s.workload.rate * s.workload.duration_s);
}

std::string tokens_of(const Scenario& s) {
  if (s.workload.lengths != "fixed" && s.workload.lengths != "lognormal") return "lengths as in " + s.workload.lengths;
  return fmt::format("{:.0f} prompt and {:.0f} output tokens each{}", s.workload.prompt_tokens,
                     s.workload.output_tokens, s.workload.lengths == "fixed" ? "" : " on average");
}

}  // namespace

std::string check_text(const Scenario& s) {
  const std::string canonical = s.canonical();
  const auto& shape = sim::workload::model_shape(s.model.name, "model.name");
  return canonical + fmt::format("# run {}\n# {} nodes, {} clients, {} of {} blocks\n# {}, {}\n", run_id(canonical),
                                 nodes_of(s), s.workload.clients, shape.name, shape.layers, requests_of(s),
                                 tokens_of(s));
}

}  // namespace orrery::experiments
