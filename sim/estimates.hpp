// What nodes and links would do under a placement that nobody serves yet: what whole-swarm placement and flow-based
// routing optimise. A pure function of what nodes announce about themselves and of the model; it knows no queue and no
// request.
#pragma once

#include "sim/view.hpp"

namespace orrery::sim {

class Estimates {
 public:
  virtual ~Estimates() = default;

  // Tokens per second, prompts' and generated ones alike, that pass `span` (not empty) of the node when it has as many
  // sessions as its KV memory holds; > 0. A longer span never has a higher rate.
  virtual double tokens_per_s(const NodeView& node, BlockSpan span) const = 0;
  // Seconds of one token through `span`, alone in its batch, without the way there; > 0.
  virtual double token_s(const NodeView& node, BlockSpan span) const = 0;
  // One way [s], and what one transfer can reach [byte/s]. The id "none" stands for the clients.
  virtual double latency_s(NodeId from, NodeId to) const = 0;
  virtual double bandwidth(NodeId from, NodeId to) const = 0;
  // Of one token's activation between two nodes, or between a node and a client.
  virtual double token_bytes() const = 0;

  // Tokens per second that the path carries.
  double link_tokens_per_s(NodeId from, NodeId to) const { return bandwidth(from, to) / token_bytes(); }
  // Seconds that one token's activation takes from one to the other.
  double hop_s(NodeId from, NodeId to) const { return latency_s(from, to) + token_bytes() / bandwidth(from, to); }
};

// Those of a view; where it has none, all that can be told from the announcements themselves: every block takes
// 1 / inference_rps, batches gain nothing, links cost nothing.
const Estimates& estimates(const SwarmView& view);

}  // namespace orrery::sim
