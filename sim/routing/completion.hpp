// What a node adds to the time until a request is complete, if its load and its chances are known. Policies that reckon
// in completion times differ in where their estimates come from.
#pragma once

#include <span>
#include <vector>

#include "sim/routing/shortest_chain.hpp"

namespace orrery::sim::routing {

// What is thought of one candidate.
struct Outlook {
  double slowdown = 1;  // of its decode steps under load, over an idle node's; >= 1
  double busy = 0;      // share of its time that is taken: prompts wait behind that; [0, 1]
  double losses = 0;    // times that it is expected to be lost before the request is complete
  double refusal = 0;   // chance that it does not take the session
};

struct CompletionPrices {
  double unknown_latency_s = 0.15;  // one way, where nobody measured
  double loss_s = 0;                // until a loss is noticed and a new chain is open
  double refusal_s = 0;             // until a refusal is known and another node asked
};

// Seconds until the request is complete, by candidate, as costs of a chain:
// - every one of the output + 1 passes pays the latency of each hop and slowdown / inference_rps a block;
// - the prompt goes through at the rate of large batches, of which 1 - busy is free;
// - each expected loss costs loss_s, and half of the output and all of the prompt computed again.
std::vector<NodeCost> completion_costs(const RouteRequest& request, const RoutingView& view,
                                       std::span<const Candidate> nodes, std::span<const Outlook> outlooks,
                                       const CompletionPrices& prices);
HopDelay completion_delay(const RouteRequest& request, const RoutingView& view, std::span<const Candidate> nodes,
                          const CompletionPrices& prices);

}  // namespace orrery::sim::routing
