// Swarms with estimates of their own, so that links and rates can be anything.
#pragma once

#include <cmath>
#include <vector>

#include "sim/estimates.hpp"
#include "sim/random.hpp"
#include "tests/policies/views.hpp"

namespace orrery::sim::tests {

// Every block takes as long as every other; node ids are 0, 1, ...; the clients are the last row and column.
class TableEstimates final : public Estimates {
 public:
  std::vector<double> block_rates;           // [token/s] through one block, by node
  std::vector<std::vector<double>> latency;  // [s]
  std::vector<std::vector<double>> rates;    // of links [token/s]
  std::vector<double> weights;               // of blocks: time relative to others

  double tokens_per_s(const NodeView& node, BlockSpan span) const override {
    double work = 0;
    for (int b = span.begin; b < span.end; ++b) work += weights[static_cast<std::size_t>(b)];
    return block_rates[node.node.index()] / work;
  }
  double token_s(const NodeView& node, BlockSpan span) const override { return 1 / tokens_per_s(node, span); }
  double latency_s(NodeId from, NodeId to) const override { return latency[at(from)][at(to)]; }
  double bandwidth(NodeId from, NodeId to) const override { return rates[at(from)][at(to)]; }
  double token_bytes() const override { return 1; }

 private:
  std::size_t at(NodeId id) const { return id ? id.index() : block_rates.size(); }
};

struct Planned {
  Swarm swarm;
  TableEstimates estimates;
  SwarmView view() const { return {swarm.blocks, swarm.now, swarm.nodes, &estimates}; }
};

inline Planned random_plan(Draw& draw, int nodes, int blocks, bool equal_links) {
  Planned plan;
  plan.swarm.blocks = blocks;
  const auto size = static_cast<std::size_t>(nodes) + 1;
  for (int b = 0; b < blocks; ++b) plan.estimates.weights.push_back(draw.uniform(0.5, 2));
  for (int i = 0; i < nodes; ++i) {
    plan.swarm.nodes.push_back(plain_node(static_cast<std::uint32_t>(i), static_cast<int>(draw.below(blocks + 1))));
    plan.estimates.block_rates.push_back(draw.uniform(10, 100));
  }
  plan.estimates.latency.assign(size, std::vector<double>(size, 0.01));
  plan.estimates.rates.assign(size, std::vector<double>(size, 60.0));
  for (std::size_t a = 0; !equal_links && a < size; ++a) {
    for (std::size_t b = 0; b < size; ++b) {
      plan.estimates.latency[a][b] = draw.uniform(0.001, 0.1);
      plan.estimates.rates[a][b] = draw.uniform(5, 100);
    }
  }
  return plan;
}

}  // namespace orrery::sim::tests
