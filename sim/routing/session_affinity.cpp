// Requests that begin alike go to the same nodes.
#include <algorithm>
#include <utility>

#include "sim/random.hpp"
#include "sim/routing/candidates.hpp"

namespace orrery::sim::routing {
namespace {

struct Balance {
  double load = 1.5;
  static Fields<Balance> fields() {
    return Fields<Balance>().real("load", &Balance::load, "1",
                                  "a node whose wait (queue over speed) is longer than this many times the mean of the "
                                  "nodes that serve the block is passed over; 1e9 never does",
                                  1, 1e9);
  }
};

double wait_per_block(const Candidate& c) { return (c.node->queue + 1) / c.node->inference_rps; }

// A hash of node and group, spread such that the least of several belongs to a node with a chance in proportion to its
// speed. Every client gets the same, and a node that comes or goes changes nothing between the others.
double distance(std::uint32_t group, const Candidate& c) {
  return Draw(0, Stream::routing, c.node->node.index(), group).exponential(1) / c.node->inference_rps;
}

class SessionAffinity final : public RoutingPolicy {
 public:
  using Params = Balance;
  static About about() {
    return {"session_affinity", "requests that share a prefix meet on the same nodes, as far as load allows",
            "Nodes keep the KV entries of a prefix that requests share (workload.prefix_groups, serving.prefix_cache), "
            "and a request whose whole chain holds them skips that part of its prompt. So at the first block not yet "
            "covered every client takes the node that is nearest to the request's group by a hash of the two names, "
            "weighted by speed (rendezvous hashing): clients agree without talking, each node has groups in proportion "
            "to its speed, and a node that joins or leaves moves only the groups that it gets or had. Passed over are "
            "nodes whose announced wait, (queue + 1) / inference_rps, exceeds `load` times the mean of those here, and "
            "nodes without KV room for the session; the group then meets on its next nearest. The node carries the "
            "request to the end of its span (or of the request). Requests without a prefix "
            "go to the shortest wait. Latency is not looked at. Whether a node really holds the prefix is not "
            "known: it may have evicted it, or be new. Banned nodes are left out except where a block would have no "
            "server.",
            "Thaler and Ravishankar, Using name-based mappings to increase hit rates, IEEE/ACM Trans. Networking 6 "
            "(1998); the bound on load follows Mirrokni, Thorup and Zadimoghaddam, Consistent hashing with bounded "
            "loads, SODA 2018; both on chains of spans: ours"};
  }
  explicit SessionAffinity(const Params& params) : params_(params) {}

  RouteOutcome route(const RouteRequest& request, const RoutingView& view, RoutingMemory&, Draw&) const override {
    return walk(request, view, [&](std::span<const Candidate> here) { return choose(request, here); });
  }

 private:
  std::size_t choose(const RouteRequest& request, std::span<const Candidate> here) const {
    double mean_wait = 0;
    for (const Candidate& c : here) mean_wait += wait_per_block(c) / static_cast<double>(here.size());
    const bool prefixed = static_cast<bool>(request.prefix);
    const auto passed_over = [&](const Candidate& c) {
      return wait_per_block(c) > params_.load * mean_wait || request.cache_tokens * c.span.size() > c.node->cache_left;
    };
    const auto rank = [&](const Candidate& c) {
      const bool last = prefixed && passed_over(c);
      return std::pair(last, prefixed && !last ? distance(request.prefix.group, c) : wait_per_block(c));
    };
    const auto best = std::min_element(here.begin(), here.end(),
                                       [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
    return static_cast<std::size_t>(best - here.begin());
  }

  Params params_;
};

ORRERY_REGISTER(RoutingPolicy, SessionAffinity);

}  // namespace
}  // namespace orrery::sim::routing
