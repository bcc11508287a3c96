// Short ways to say "this swarm, placed by that policy".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/config/toml.hpp"
#include "sim/sharding/policy.hpp"
#include "tests/policies/views.hpp"

namespace orrery::sim::sharding {

// A policy from the lines of a [sharding] section.
inline std::unique_ptr<ShardingPolicy> make_sharding(const std::string& lines) {
  const config::Value root = config::parse_toml("[sharding]\n" + lines, "test.toml");
  return config::Registry<ShardingPolicy>::instance().make(*root.find("sharding"), "sharding", "none").policy;
}

// Nodes 0, 1, ... with room for these many blocks each, serving nothing.
inline tests::Swarm blank_swarm(int blocks, const std::vector<int>& rooms) {
  tests::Swarm swarm;
  swarm.blocks = blocks;
  for (int room : rooms) {
    swarm.nodes.push_back(tests::plain_node(static_cast<std::uint32_t>(swarm.nodes.size()), room));
  }
  return swarm;
}

inline std::vector<BlockSpan> place_all(const ShardingPolicy& policy, const tests::Swarm& swarm) {
  Draw draw(1, Stream::sharding, 0);
  return policy.place(swarm.view(), draw);
}

// Announces these spans.
inline void announce(tests::Swarm& swarm, const std::vector<BlockSpan>& spans) {
  for (std::size_t i = 0; i < spans.size(); ++i) swarm.nodes[i].span = spans[i];
}

// Where one more node with this much room would go.
inline BlockSpan join_one(const ShardingPolicy& policy, tests::Swarm swarm, int room) {
  Draw draw(1, Stream::sharding, 0);
  const std::uint32_t id = swarm.nodes.empty() ? 0 : swarm.nodes.back().node.index() + 1;
  swarm.nodes.push_back(tests::plain_node(id, room));
  return policy.join(swarm.view(), swarm.nodes.size() - 1, draw);
}

// Nodes per block.
inline std::vector<int> servers(int blocks, const std::vector<BlockSpan>& spans) {
  std::vector<int> count(blocks, 0);
  for (BlockSpan span : spans) {
    for (int b = span.begin; b < span.end; ++b) ++count[b];
  }
  return count;
}

}  // namespace orrery::sim::sharding
