// One decision of every routing and sharding policy on a pinned view, one settlement of every incentive policy on a
// pinned epoch, all with their defaults. The registries are walked: a new policy is a new case.
#include <memory>

#include "sim/sharding/policy.hpp"
#include "tests/perf/cases.hpp"
#include "tests/policies/epochs.hpp"
#include "tests/policies/views.hpp"

namespace orrery::perf {
namespace {

using namespace sim;

// Nodes enough to serve every block several times.
tests::Swarm swarm() {
  Draw draw(6, Stream::test, 0);
  tests::Swarm swarm = tests::random_swarm(draw, 40, 16);
  for (NodeView& node : swarm.nodes) node.cache_left = 1 << 20;
  return swarm;
}

template <class Policy, class Decide>
void add(Cases& out, const std::string& kind, Decide decide) {
  for (const std::string& name : config::Registry<Policy>::instance().names())
    out[kind + "." + name] = [name, decide]() -> Work {
      return [policy = std::shared_ptr<const Policy>(config::Registry<Policy>::instance().make(name)), decide] {
        decide(*policy);
      };
    };
}

}  // namespace

Cases cases() {
  Cases out;
  const auto nodes = std::make_shared<tests::Swarm>(swarm());
  const auto view = std::make_shared<routing::RoutingView>(tests::routing_view(*nodes, 0, 0));
  add<routing::RoutingPolicy>(out, "routing", [nodes, view](const routing::RoutingPolicy& policy) {
    const routing::RouteRequest request{
        .span = {0, nodes->blocks}, .cache_tokens = 512, .before = {}, .after = {}, .prompt = 128, .output = 32};
    routing::RoutingMemory memory;
    Draw draw(1, Stream::routing, 0);
    const routing::RouteOutcome outcome = policy.route(request, *view, memory, draw);
    check(bool(outcome) && routing::covers(outcome.route, request.span, view->swarm), "no route: " + outcome.reason);
  });
  add<sharding::ShardingPolicy>(out, "sharding", [nodes](const sharding::ShardingPolicy& policy) {
    Draw draw(1, Stream::sharding, 0);
    const std::vector<BlockSpan> placed = policy.place(nodes->view(), draw);
    check(placed.size() == nodes->nodes.size(), "a node has no span");
  });
  Draw draw(21, Stream::test, 1);
  const auto epoch = std::make_shared<incentive::Epoch>(tests::random_epoch(draw));
  for (std::uint32_t r = 100; r < 130; ++r) {
    tests::add_request(*epoch, r, draw);
    tests::add_audit(*epoch, epoch->requests.back(), draw);
  }
  add<incentive::IncentivePolicy>(out, "incentive", [epoch](const incentive::IncentivePolicy& policy) {
    Draw draws(1, Stream::incentive, 0);
    const incentive::Settlement settlement = policy.settle(*epoch, known({}, *epoch, policy), draws);
    check(incentive::checked_pool(*epoch, settlement) >= 0, "coins are missing");
  });
  return out;
}

}  // namespace orrery::perf
