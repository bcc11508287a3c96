#include "sim/serving/placement.hpp"

#include <algorithm>
#include <limits>

#include "sim/flow.hpp"
#include "sim/serving/cast.hpp"
#include "sim/sharding/chain_search.hpp"
#include "sim/sharding/join.hpp"

namespace orrery::sim::serving {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
constexpr double quick_states = 20'000;  // of an exact search that takes no noticeable time

// Work that the nodes do in a second if each serves as many blocks as make the most of it, over what a token needs.
double compute_bound(const SwarmView& view) {
  double block_tokens = 0;
  for (std::size_t i : sharding::nodes_with_room(view)) {
    double most = 0;
    for (int n = 1; n <= std::min(view.nodes[i].max_blocks, view.blocks); ++n) {
      most = std::max(most, n * estimates(view).tokens_per_s(view.nodes[i], {0, n}));
    }
    block_tokens += most;
  }
  return block_tokens / view.blocks;
}

double best_chain_rate(const SwarmView& view) {
  const std::vector<std::size_t> able = sharding::nodes_with_room(view);
  if (sharding::chain_states(view, able, sharding::Objective::throughput) > quick_states) return undefined;
  return sharding::best_chain(view, able, sharding::Objective::throughput).tokens_per_s;
}

void find_smallest_useful(const SwarmView& view, PlacementReport& report) {
  for (std::size_t i = 0; i < report.spans.size(); ++i) {
    const double memory = view.nodes[i].memory_bytes;
    if (report.spans[i].empty()) continue;
    if (report.smallest_useful >= 0 && memory >= report.smallest_useful_bytes) continue;
    std::vector<BlockSpan> without = report.spans;
    without[i] = {};
    if (max_flow_value(view, without) >= report.flow) continue;
    report.smallest_useful = static_cast<int>(i);
    report.smallest_useful_bytes = memory;
  }
}

}  // namespace

PlacementReport report_placement(const SwarmView& view, std::vector<BlockSpan> spans) {
  PlacementReport r;
  r.spans = std::move(spans);
  const std::vector<double> rates = sharding::rates_per_block(view, r.spans, r.spans.size());
  r.serving = static_cast<int>(std::count_if(r.spans.begin(), r.spans.end(), [](BlockSpan s) { return !s.empty(); }));
  r.covered = static_cast<int>(std::count_if(rates.begin(), rates.end(), [](double rate) { return rate > 0; }));
  const auto thinnest = std::min_element(rates.begin(), rates.end());
  r.bottleneck = static_cast<int>(thinnest - rates.begin());
  r.bottleneck_rate = *thinnest;
  r.smallest_useful_bytes = undefined;
  if (r.spans.size() > PlacementReport::most_nodes) {
    r.flow = r.bound = r.gap = r.chain = r.chain_gap = r.bytes_per_token = undefined;
    return r;
  }
  const PlacementFlow flow = max_flow(view, r.spans);
  r.flow = flow.tokens_per_s;
  r.bound = compute_bound(view);
  r.gap = 1 - r.flow / r.bound;
  r.chain = sharding::best_served_rate(view, r.spans);
  r.chain_gap = 1 - r.chain / best_chain_rate(view);
  double moved = 0;
  for (const FlowArc& arc : flow.arcs) moved += arc.flow;
  r.bytes_per_token = r.flow > 0 ? moved / r.flow * estimates(view).token_bytes() : undefined;
  if (r.flow > 0) find_smallest_useful(view, r);
  return r;
}

PlacementComparison compare_placements(const Scenario& scenario) {
  const workload::ModelGraph graph = workload::graph(scenario.model);
  const auto numbers = execution::make_no_numbers();
  const Cast cast(scenario, graph, *numbers, false);
  PlacementComparison result;
  result.nodes = cast.first_views();
  result.blocks = graph.block_count();
  const SwarmView view{result.blocks, Time(), result.nodes, &cast.estimates()};
  result.best_chain = best_chain_rate(view);
  const auto& registry = config::Registry<sharding::ShardingPolicy>::instance();
  for (const std::string& name : registry.names()) {
    PlacementRow row;
    row.policy = name;
    row.chosen = scenario.sharding.canonical.find("policy = \"" + name + "\"") != std::string::npos;
    Draw draw(static_cast<std::uint64_t>(scenario.experiment.seed), Stream::sharding, cast.directory().index());
    try {
      const auto made = registry.make(name);
      const sharding::ShardingPolicy& policy = row.chosen ? *scenario.sharding.policy : *made;
      row.report = report_placement(view, policy.place(view, draw));
    } catch (const InputError& error) {
      row.refusal = error.what();
    }
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace orrery::sim::serving
