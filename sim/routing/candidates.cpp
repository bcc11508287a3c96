#include "sim/routing/candidates.hpp"

#include <algorithm>

namespace orrery::sim::routing {
namespace {

// How many of `nodes` serve each block of `within`; element b - within.begin belongs to block b.
std::vector<int> servers_per_block(const std::vector<Candidate>& nodes, BlockSpan within) {
  std::vector<int> change(within.size() + 1, 0);
  for (const Candidate& c : nodes) {
    ++change[c.span.begin - within.begin];
    --change[c.span.end - within.begin];
  }
  for (std::size_t b = 1; b < change.size(); ++b) change[b] += change[b - 1];
  change.pop_back();
  return change;
}

}  // namespace

Candidates find_candidates(const RouteRequest& request, const RoutingView& view) {
  const BlockSpan within = request.span;
  EXPECT(0 <= within.begin && within.begin <= within.end && within.end <= view.swarm.blocks);
  EXPECT(view.client_latency_s && view.node_latency_s && view.banned);
  Candidates found;
  for (const NodeView& node : view.swarm.nodes) {
    const BlockSpan span{std::max(node.span.begin, within.begin), std::min(node.span.end, within.end)};
    if (!span.empty()) found.nodes.push_back({&node, span});
  }
  keep_where_possible(found.nodes, within, [&view](const Candidate& c) { return !view.banned(c.node->node); });
  const std::vector<int> servers = servers_per_block(found.nodes, within);
  const auto missing = std::find(servers.begin(), servers.end(), 0);
  if (missing != servers.end()) {
    found.reason =
        "no announced node serves block " + std::to_string(within.begin + static_cast<int>(missing - servers.begin()));
  }
  return found;
}

void keep_where_possible(std::vector<Candidate>& nodes, BlockSpan within,
                         const std::function<bool(const Candidate&)>& wanted) {
  std::vector<Candidate> kept, others;
  for (const Candidate& c : nodes) (wanted(c) ? kept : others).push_back(c);
  if (others.empty()) return;
  const std::vector<int> servers = servers_per_block(kept, within);
  for (const Candidate& c : others) {
    const auto first = servers.begin() + (c.span.begin - within.begin);
    if (std::find(first, first + c.span.size(), 0) != first + c.span.size()) kept.push_back(c);
  }
  std::sort(kept.begin(), kept.end(),
            [](const Candidate& a, const Candidate& b) { return a.node->node < b.node->node; });
  nodes = std::move(kept);
}

RouteOutcome walk(const RouteRequest& request, const RoutingView& view,
                  const std::function<std::size_t(std::span<const Candidate>)>& choose) {
  const Candidates found = find_candidates(request, view);
  RouteOutcome outcome{{}, found.reason};
  if (!outcome) return outcome;
  std::vector<Candidate> here;
  for (int block = request.span.begin; block < request.span.end;) {
    here.clear();
    std::copy_if(found.nodes.begin(), found.nodes.end(), std::back_inserter(here),
                 [block](const Candidate& c) { return c.span.contains(block); });
    const std::size_t choice = choose(here);
    ENSURE(choice < here.size());
    outcome.route.push_back({here[choice].node->node, {block, here[choice].span.end}});
    block = here[choice].span.end;
  }
  return outcome;
}

}  // namespace orrery::sim::routing
