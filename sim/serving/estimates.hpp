// Estimates for placement, from the device model that the run itself uses (execution/roofline.hpp).
#pragma once

#include <map>
#include <vector>

#include "sim/estimates.hpp"
#include "sim/serving/node.hpp"
#include "sim/workload/workload.hpp"

namespace orrery::sim::serving {

// What a typical request asks for: means over the first requests of a workload.
struct TypicalRequest {
  double prompt = 1;
  double output = 1;
  static TypicalRequest of(const workload::Workload& workload);
};

// tokens_per_s: a node that serves n of L blocks holds KV caches of S = memory / (KV of a typical request at half of
// its output) sessions, of which n/L are with it at a time if all stages take equally long per block. Its batch is
// those S n / L decode steps (at most max_batch_sessions, at least one) and the prompt tokens that come with as many
// steps; the rate is tokens of that batch over its time. Helix (ASPLOS 2025) counts node capacity in this way.
// Where the model makes images, a token is a step: one pass of all rows of an image, which keeps no cache.
class RooflineEstimates final : public Estimates {
 public:
  RooflineEstimates(const World& world, const TypicalRequest& typical) : world_(world), typical_(typical) {}
  // Nodes are added in the order of their ids.
  void add(const NodeSetup& setup);

  double tokens_per_s(const NodeView& node, BlockSpan span) const override;
  double token_s(const NodeView& node, BlockSpan span) const override;
  double latency_s(NodeId from, NodeId to) const override;
  double bandwidth(NodeId from, NodeId to) const override;
  double token_bytes() const override { return world_.rows_bytes(image() ? image_rows() : 1).value(); }

 private:
  // Nodes of equal machine and memory have equal rates: what is worked out for one is kept for all.
  struct Kind {
    NodeSetup setup;
    mutable std::map<std::pair<int, int>, double> rates;  // by span
    mutable std::map<std::pair<int, int>, double> seconds;
  };
  const Kind& kind(NodeId node) const { return kinds_[kind_of_[node.index()]]; }
  double rate(const NodeSetup& setup, BlockSpan span) const;
  bool image() const { return world_.model.image_tokens > 0; }
  Tokens image_rows() const { return static_cast<Tokens>(typical_.prompt); }
  double step_s(const NodeSetup& setup, const execution::Work& work) const;
  // Mean over the clients of `value(client's endpoint)`.
  template <class Value>
  double over_clients(Value&& value) const;

  const World& world_;
  TypicalRequest typical_;
  std::vector<Kind> kinds_;
  std::vector<std::size_t> kind_of_;
};

}  // namespace orrery::sim::serving
