// Small swarms for routing tests, and the client's view of them.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "sim/routing/policy.hpp"
#include "tests/policies/views.hpp"

namespace orrery::sim::routing {

// Nodes 0, 1, ... that announce these spans.
inline tests::Swarm announcing(int blocks, const std::vector<BlockSpan>& spans) {
  tests::Swarm swarm;
  swarm.blocks = blocks;
  for (BlockSpan span : spans) {
    swarm.nodes.push_back(tests::plain_node(static_cast<std::uint32_t>(swarm.nodes.size()), span.size(), span));
  }
  return swarm;
}

// A view in which every latency is 10 ms and these nodes are banned.
inline RoutingView near_view(const tests::Swarm& swarm, std::vector<std::uint32_t> banned = {}) {
  RoutingView view;
  view.swarm = swarm.view();
  view.client_latency_s = [](NodeId) { return 0.01; };
  view.node_latency_s = [](NodeId, NodeId) { return 0.01; };
  view.banned = [banned = std::move(banned)](NodeId node) {
    return std::find(banned.begin(), banned.end(), node.index()) != banned.end();
  };
  return view;
}

inline RouteRequest whole(const tests::Swarm& swarm, Tokens cache_tokens = 0) {
  return {{0, swarm.blocks}, cache_tokens, {}, {}};
}

inline RouteOutcome route_with(const std::string& policy, const RouteRequest& request, const RoutingView& view,
                               std::uint64_t index = 0) {
  Draw draw(1, Stream::routing, 0, index);
  RoutingMemory memory;
  return config::Registry<RoutingPolicy>::instance().make(policy)->route(request, view, memory, draw);
}

}  // namespace orrery::sim::routing
