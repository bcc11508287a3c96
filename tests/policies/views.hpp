// Swarms for tests of policies: random ones, degenerate ones, and changes that no policy may notice.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/random.hpp"
#include "sim/routing/policy.hpp"
#include "sim/view.hpp"

namespace orrery::sim::tests {

struct Swarm {
  std::string what;  // for messages
  int blocks = 0;
  Time now = Time::from_seconds(1000);
  std::vector<NodeView> nodes;
  SwarmView view() const { return {blocks, now, nodes}; }
};

// A node that could be anybody: it can hold `room` blocks and announces `span`.
inline NodeView plain_node(std::uint32_t id, int room, BlockSpan span = {}) {
  NodeView node;
  node.node = NodeId(id);
  node.span = span;
  node.max_blocks = room;
  node.throughput = 10;
  node.inference_rps = 100;
  node.compute_flops = 1e13;
  node.memory_bandwidth = 1e12;
  node.memory_bytes = 16e9;
  node.network_bandwidth = 1e8;
  node.cache_left = 1 << 20;
  node.announced = Time::from_seconds(990);
  node.online_since = Time::from_seconds(400);
  return node;
}

// Nodes with ids 1, 4, 7, ...; some hold nothing, some serve nothing, some could hold more than the model.
inline Swarm random_swarm(Draw& draw, int nodes, int blocks) {
  Swarm swarm;
  swarm.what = "random swarm of " + std::to_string(nodes) + " nodes and " + std::to_string(blocks) + " blocks";
  swarm.blocks = blocks;
  for (int i = 0; i < nodes; ++i) {
    NodeView node = plain_node(3 * i + 1, static_cast<int>(draw.below(blocks + 3)));
    const int most = std::min(node.max_blocks, blocks);
    if (most > 0 && draw.below(8) != 0) {
      const int size = 1 + static_cast<int>(draw.below(most));
      const int begin = static_cast<int>(draw.below(blocks - size + 1));
      node.span = {begin, begin + size};
    }
    node.throughput = draw.uniform(0.5, 50);
    node.inference_rps = draw.uniform(20, 2000);
    node.compute_flops = draw.uniform(1e12, 1e14);
    node.memory_bandwidth = draw.uniform(1e11, 3e12);
    node.memory_bytes = draw.uniform(1e9, 8e10);
    node.network_bandwidth = draw.uniform(1e6, 1e9);
    node.cache_left = static_cast<Tokens>(draw.below(20'000));
    node.queue = static_cast<int>(draw.below(10));
    node.relay = draw.below(4) == 0;
    node.announced = swarm.now - Duration::from_seconds(draw.uniform(0, 120));
    node.busy = draw.uniform();
    node.sessions = static_cast<int>(draw.below(20));
    node.block_latency_s = draw.below(3) == 0 ? 0 : draw.uniform(0.001, 0.1);
    node.online_since = node.announced - Duration::from_seconds(draw.exponential(3600));
    swarm.nodes.push_back(node);
  }
  return swarm;
}

inline std::vector<Swarm> degenerate_swarms() {
  std::vector<Swarm> all;
  const auto add = [&all](std::string what, int blocks, std::vector<NodeView> nodes) {
    all.push_back({.what = std::move(what), .blocks = blocks, .nodes = std::move(nodes)});
  };
  add("no nodes", 5, {});
  add("no nodes, one block", 1, {});
  add("one node for all", 5, {plain_node(0, 5, {0, 5})});
  add("one node, room to spare", 5, {plain_node(7, 50, {0, 5})});
  add("one node without room", 5, {plain_node(2, 0)});
  add("nobody has room", 5, {plain_node(0, 0), plain_node(1, 0), plain_node(2, 0)});
  add("one-block model", 1, {plain_node(0, 1, {0, 1}), plain_node(1, 0), plain_node(2, 3, {0, 1})});
  add("room, nothing served", 4, {plain_node(0, 2), plain_node(1, 2), plain_node(5, 2)});
  add("twins", 6,
      std::vector<NodeView>{plain_node(0, 3, {0, 3}), plain_node(1, 3, {0, 3}), plain_node(2, 3, {3, 6}),
                            plain_node(3, 3, {3, 6})});
  add("too small for the model", 9, {plain_node(0, 2, {0, 2}), plain_node(1, 2, {4, 6})});
  return all;
}

inline std::vector<Swarm> fuzz_swarms(int count, std::uint32_t entity) {
  std::vector<Swarm> all = degenerate_swarms();
  Draw draw(20'24, Stream::test, entity);
  for (int i = 0; i < count; ++i) {
    const int nodes = static_cast<int>(draw.below(25));
    const int blocks = 1 + static_cast<int>(draw.below(24));
    all.push_back(random_swarm(draw, nodes, blocks));
    all.back().what += " (case " + std::to_string(i) + ")";
  }
  return all;
}

// The same swarm under other names: only the order of ids may matter.
inline Swarm renamed(Swarm swarm, std::uint32_t shift) {
  for (NodeView& node : swarm.nodes) node.node = NodeId(node.node.index() + shift);
  return swarm;
}

// The same swarm at another time: only the age of announcements may matter.
inline Swarm later(Swarm swarm, Duration by) {
  swarm.now = swarm.now + by;
  for (NodeView& node : swarm.nodes) {
    node.announced = node.announced + by;
    node.online_since = node.online_since + by;
  }
  return swarm;
}

// The same swarm with `crowd` more nodes that can do nothing, at the end.
inline Swarm with_bystanders(Swarm swarm, int crowd) {
  const std::uint32_t first = swarm.nodes.empty() ? 0 : swarm.nodes.back().node.index() + 1;
  for (int i = 0; i < crowd; ++i) swarm.nodes.push_back(plain_node(first + i, 0));
  return swarm;
}

// Latencies of the unshifted ids, some unknown; `banned` by bit of the node's number. Oracles find when nodes leave.
inline routing::RoutingView routing_view(const Swarm& swarm, std::uint32_t shift, std::uint64_t bans) {
  const auto measured = [](std::uint32_t a, std::uint32_t b) -> std::optional<double> {
    Draw draw(7, Stream::network, a, b);
    const double latency = draw.uniform(0.001, 0.3);
    if (draw.below(5) == 0) return std::nullopt;
    return latency;
  };
  routing::RoutingView view;
  view.swarm = swarm.view();
  view.client_latency_s = [=](NodeId node) { return measured(node.index() - shift, 1'000'000); };
  view.node_latency_s = [=](NodeId from, NodeId to) { return measured(from.index() - shift, to.index() - shift); };
  view.banned = [=](NodeId node) { return ((bans >> (((node.index() - shift) / 3) % 64)) & 1) != 0; };
  view.serves_until = [=, now = swarm.now](NodeId node) {
    Draw draw(7, Stream::life, node.index() - shift);
    return draw.below(4) == 0 ? Time::never() : now + Duration::from_seconds(draw.exponential(100));
  };
  return view;
}

}  // namespace orrery::sim::tests
