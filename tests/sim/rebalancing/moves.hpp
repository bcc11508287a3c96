// Short ways to ask "would this node move, and where to".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/toml.hpp"
#include "sim/rebalancing/policy.hpp"
#include "tests/sim/sharding/stages.hpp"

namespace orrery::sim::rebalancing {

// A policy from the lines of a [rebalancing] section.
inline std::unique_ptr<RebalancingPolicy> make_rebalancing(const std::string& lines) {
  const config::Value root = config::parse_toml("[rebalancing]\n" + lines, "test.toml");
  return config::Registry<RebalancingPolicy>::instance().make(*root.find("rebalancing"), "rebalancing", "never").policy;
}

// Node `self` of the swarm, which serves for an hour, holds no sessions and loads a block in a second.
inline RebalancingView view_of(const tests::Swarm& swarm, std::size_t self) {
  RebalancingView view;
  view.swarm = swarm.view();
  view.self = self;
  view.served = Duration::from_seconds(3600);
  view.reload_s = [](BlockSpan span) { return 1.0 * span.size(); };
  return view;
}

inline std::optional<BlockSpan> move_of(const RebalancingPolicy& policy, const tests::Swarm& swarm, std::size_t self,
                                        std::uint32_t shuffle = 0) {
  Draw draw(1, Stream::sharding, shuffle);
  const Decision decision = policy.decide(view_of(swarm, self), draw);
  if (decision.kind != Decision::Kind::move) return std::nullopt;
  return decision.target;
}

// Nodes that serve these spans with these throughputs; room for exactly that.
inline tests::Swarm serving(int blocks, const std::vector<std::pair<BlockSpan, double>>& servers) {
  tests::Swarm swarm;
  swarm.blocks = blocks;
  for (const auto& [span, throughput] : servers) {
    swarm.nodes.push_back(tests::plain_node(static_cast<std::uint32_t>(swarm.nodes.size()), span.size(), span));
    swarm.nodes.back().throughput = throughput;
    swarm.nodes.back().busy = 1;
  }
  return swarm;
}

}  // namespace orrery::sim::rebalancing
