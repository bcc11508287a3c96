#include "experiments/placement.hpp"

#include <cmath>

#include <fmt/format.h>

#include "kernels/contract.hpp"
#include "sim/config/value.hpp"
#include "sim/serving/placement.hpp"

namespace orrery::experiments {
namespace {

using sim::serving::PlacementComparison;
using sim::serving::PlacementReport;
using sim::serving::PlacementRow;

std::string number(double x, int digits = 4) { return std::isnan(x) ? "-" : fmt::format("{:.{}g}", x, digits); }

std::string row_text(const PlacementRow& row, int blocks) {
  const std::string name = row.policy + (row.chosen ? " *" : "");
  if (!row.refusal.empty()) return fmt::format("{:<14} {}\n", name, row.refusal);
  const PlacementReport& r = row.report;
  const std::string chain_gap = std::isnan(r.chain_gap) ? "-" : fmt::format("{:.1f} %", 100 * r.chain_gap);
  const std::string gap = std::isnan(r.gap) ? "-" : fmt::format("{:.1f} %", 100 * r.gap);
  const std::string smallest =
      std::isnan(r.smallest_useful_bytes) ? "-" : fmt::format("{:.3g} GB", r.smallest_useful_bytes / 1e9);
  return fmt::format("{:<14} {:>5} {:>9} {:>10} {:>8} {:>10} {:>8} {:>6} {:>10} {:>11} {:>10}\n", name, r.serving,
                     fmt::format("{}/{}", r.covered, blocks), number(r.flow, 6), gap, number(r.chain, 6), chain_gap,
                     r.bottleneck, number(r.bottleneck_rate, 6), number(r.bytes_per_token, 6), smallest);
}

const PlacementRow& shown(const PlacementComparison& c, const std::string& show) {
  std::vector<std::string> names;
  for (const PlacementRow& row : c.rows) {
    if (show.empty() ? row.chosen : row.policy == show) return row;
    names.push_back(row.policy);
  }
  fail_input("--show", "unknown sharding policy '" + show + "'", "it is not registered", sim::config::suggest(show, names));
}

}  // namespace

std::string placement_text(const sim::serving::Scenario& scenario, const std::string& show) {
  const PlacementComparison c = sim::serving::compare_placements(scenario);
  std::string text = fmt::format("{} nodes on line at the start, {} blocks; rates in token/s, prompts' tokens included\n",
                                 c.nodes.size(), c.blocks);
  for (const PlacementRow& row : c.rows) {
    if (!row.refusal.empty() || std::isnan(row.report.bound)) continue;
    text += fmt::format("no placement carries more than {} (each node at its most efficient length)\n",
                        number(row.report.bound, 6));
    break;
  }
  if (!std::isnan(c.best_chain)) {
    text += fmt::format("no single chain carries more than {} (exact)\n", number(c.best_chain, 6));
  }
  text += fmt::format("\n{:<14} {:>5} {:>9} {:>10} {:>8} {:>10} {:>8} {:>6} {:>10} {:>11} {:>10}\n", "policy", "nodes",
                      "covered", "flow", "to bound", "best chain", "to exact", "thin", "its rate", "bytes/token", "least node");
  for (const PlacementRow& row : c.rows) text += row_text(row, c.blocks);
  text += "* the scenario's own. to exact: what its best chain lacks of the best there is. thin: the block whose\n"
          "nodes' rates add up to the least. least node: memory of the smallest node without which the flow would be smaller\n";
  const PlacementRow& own = shown(c, show);
  if (!own.refusal.empty()) return text;
  text += fmt::format("\nspans of {}\n", own.policy);
  for (std::size_t i = 0; i < c.nodes.size(); ++i) {
    const sim::BlockSpan span = own.report.spans[i];
    text += span.empty() ? fmt::format("  node {:<6} -\n", c.nodes[i].node.index())
                         : fmt::format("  node {:<6} [{}, {})\n", c.nodes[i].node.index(), span.begin, span.end);
  }
  return text;
}

}  // namespace orrery::experiments
