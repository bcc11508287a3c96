#include "sim/routing/completion.hpp"

#include <algorithm>

namespace orrery::sim::routing {
namespace {

double passes(const RouteRequest& request) { return static_cast<double>(request.output) + 1; }

double latency_s(const RoutingView& view, NodeId from, NodeId to, const CompletionPrices& prices) {
  return measured_latency_s(view, from, to).value_or(prices.unknown_latency_s);
}

// Tokens per second through one block in large batches. A node announces its throughput for requests that enter at a
// random block of its span, so they pass (blocks + 1) / 2 of them on average.
double batch_rps(const NodeView& node) {
  return std::max(node.throughput * (node.span.size() + 1) / 2, node.inference_rps);
}

constexpr double busiest = 0.95;  // a node that is never free would hold a prompt for ever

}  // namespace

std::vector<NodeCost> completion_costs(const RouteRequest& request, const RoutingView& view,
                                       std::span<const Candidate> nodes, std::span<const Outlook> outlooks,
                                       const CompletionPrices& prices) {
  EXPECT(nodes.size() == outlooks.size());
  const double prompt = static_cast<double>(request.prompt);
  const double replay = prompt + 0.5 * static_cast<double>(request.output);
  std::vector<NodeCost> costs;
  costs.reserve(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeView& node = *nodes[i].node;
    const Outlook& outlook = outlooks[i];
    const double in_batches = 1 / (batch_rps(node) * (1 - std::min(outlook.busy, busiest)));
    NodeCost cost;
    cost.toll = outlook.losses * prices.loss_s + outlook.refusal * prices.refusal_s;
    cost.per_block =
        passes(request) * outlook.slowdown / node.inference_rps + (prompt + outlook.losses * replay) * in_batches;
    if (nodes[i].span.end == request.span.end) {
      cost.leave = passes(request) * latency_s(view, node.node, request.after, prices);
    }
    costs.push_back(cost);
  }
  return costs;
}

HopDelay completion_delay(const RouteRequest& request, const RoutingView& view, std::span<const Candidate> nodes,
                          const CompletionPrices& prices) {
  return [&request, &view, nodes, prices](int from, int to) {
    const NodeId source = from == outside ? request.before : nodes[static_cast<std::size_t>(from)].node->node;
    return passes(request) * latency_s(view, source, nodes[static_cast<std::size_t>(to)].node->node, prices);
  };
}

}  // namespace orrery::sim::routing
