// What can be known about the audits of a run before it begins.
#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "sim/numerics.hpp"
#include "sim/serving/audit_rules.hpp"
#include "sim/serving/scenario.hpp"

namespace orrery::sim::serving {
namespace {

std::string how_to_name_a_population() {
  return "Mix in swarm.numerics only profiles of one of these: " + population_profiles() +
         "; or name the one to go by in audit.population.";
}

}  // namespace

void AuditRules::check(const std::vector<NodeView>& nodes, const behaviour::BehaviourPolicy& behaviour) const {
  check_sampling(nodes, behaviour);
  if (!on()) return;
  check_committee(nodes);
  if (scenario_.execution.mode == "real") return check_protocol(nodes);
  if (!policy_.power()) check_rates(nodes, behaviour);
}

// What a node that holds `blocks` may do hangs on its memory and its draws; a few of each show every cheat there is.
template <class See>
void AuditRules::for_each_conduct(const behaviour::BehaviourPolicy& role, NodeId node, BlockSpan blocks,
                                  See&& see) const {
  constexpr Tokens long_ago = 1'000'000;
  const Odds odds(*this, blocks, node);
  for (const std::int64_t requests : {std::int64_t{0}, std::int64_t{long_ago}}) {
    for (std::uint64_t i = 0; i < 32; ++i) {
      Draw draw(0, Stream::behaviour, 0, i << 20);
      const behaviour::Memory memory{.requests = requests, .since_rejection = requests};
      see(role.act({node, RequestId(0), blocks, 0, 2, 1, {}}, memory, on() ? &odds : nullptr, draw));
    }
  }
}

// Where the protocol really runs no rate is needed, but a threshold is, and something to look at.
void AuditRules::check_protocol(const std::vector<NodeView>& nodes) const {
  const std::string name = policy_.detector();
  const int experts = model_.blocks.front().experts;
  VALIDATE(!policy_.power(), "verification.policy", "'" + name + "' makes no proof here",
           "it is a model of what a proof costs, and execution.mode = \"real\" would have to make one",
           "Choose a protocol that runs, toploc or tee, say, or execution.mode = \"model\".");
  VALIDATE(!policy_.looks_inside() || experts == 0, "verification.policy",
           "'" + name + "' has nothing to look at in model '" + model_.name + "'",
           "it opens inner values of blocks, and those of a mixture of experts are not kept",
           "Choose a protocol that looks at what goes in and comes out, toploc or activation_difr, say.");
  VALIDATE(!policy_.needs() || *policy_.needs() == agreed_, "verification.policy",
           "'" + name + "' needs weights that these nodes do not hold",
           "it works on one precision of weights, which every honest node has to share",
           "Set swarm.numerics to a population with that precision, w8a8 say, or change the policy's form.");
  if (!policy_.threshold() && !policy_.goes_by_published_rule()) {
    VALIDATE(!at_.population.empty(), "audit.population",
             "no population of devices was measured that has those of swarm.numerics",
             "the threshold hangs on how honest devices differ", how_to_name_a_population());
    check_thresholds(nodes);
  }
}

void AuditRules::check_thresholds(const std::vector<NodeView>& nodes) const {
  std::set<int> sizes;
  for (const NodeView& v : nodes) {
    if (v.max_blocks > 0) sizes.insert(of_text() ? model_.block_count() : stage(v).size());
  }
  for (const int size : sizes) table_->threshold(at_, extent({0, size}), "verification.threshold");
}

BlockSpan AuditRules::stage(const NodeView& node) const {
  return node.span.empty() ? BlockSpan{0, node.max_blocks} : node.span;
}

// Where tokens are drawn, it is the clients who draw them; where they are not, what the cheat does is a measured rate.
void AuditRules::check_sampling(const std::vector<NodeView>& nodes, const behaviour::BehaviourPolicy& behaviour) const {
  if (scenario_.execution.mode == "model") return;
  std::set<const behaviour::BehaviourPolicy*> seen;
  for (const NodeView& v : nodes) {
    const behaviour::BehaviourPolicy& role = behaviour.role(v.node);
    if (v.max_blocks == 0 || !seen.insert(&role).second) continue;
    for_each_conduct(role, v.node, {0, v.max_blocks}, [](const behaviour::Conduct& conduct) {
      VALIDATE(conduct.seed_shift == 0 && conduct.temperature_factor == 1, "behaviour",
               "'" + conduct.cheat + "' cannot be done here", "clients draw their tokens themselves, nodes do not",
               "Choose another behaviour, or execution.mode = \"model\", which draws from rates.");
    });
  }
}

void AuditRules::check_committee(const std::vector<NodeView>& nodes) const {
  const int size = policy_.committee();
  const std::string asked = std::to_string(size) + (size == 1 ? " verifier" : " verifiers") + " look at a claim";
  VALIDATE(size < static_cast<int>(nodes.size()), "verification", asked + ", and the swarm cannot offer them",
           "there are " + std::to_string(nodes.size()) + " nodes, the executor among them",
           "Ask fewer verifiers, or add nodes.");
  const verification::Cost whole = cost({0, model_.block_count()}, 1, 1);
  if (whole.passes == 0) return;
  if (of_text()) {
    const auto able = std::count_if(nodes.begin(), nodes.end(),
                                    [&](const NodeView& v) { return v.max_blocks >= model_.block_count(); });
    VALIDATE(able > size, "verification", asked + ", and the swarm cannot offer them",
             std::to_string(able) + " nodes can hold the whole model, which an audit of the text runs",
             "Choose a policy that looks at stages, larger nodes, or a smaller model.");
  }
  // Where nobody comes, goes or moves, the placement stays as it is.
  Draw draw(0, Stream::sharding, 0);
  if (scenario_.swarm.lifetime != "none" || !scenario_.swarm.trace.empty() ||
      std::isfinite(scenario_.rebalancing.policy->period_s(draw)))
    return;
  for (int b = 0; b < model_.block_count(); ++b) {
    const auto serving =
        std::count_if(nodes.begin(), nodes.end(), [b](const NodeView& v) { return v.span.contains(b); });
    VALIDATE(serving == 0 || serving > size, "verification", asked + ", and the swarm cannot offer them",
             "block " + std::to_string(b) + " is served by " + std::to_string(serving) +
                 (serving == 1 ? " node" : " nodes") + ", the executor among them",
             "Ask fewer verifiers, add nodes, or choose another sharding.policy.");
  }
}

// Under which names what a node does on its stage was measured. A cheat that leaves the stage as it is, layer_skip on
// few blocks say, is honest work there, and so is one that nothing gives away.
std::set<std::string> AuditRules::cheats_on(const NodeView& node, const behaviour::BehaviourPolicy& role) const {
  std::set<std::string> cheats;
  if (policy_.evades(node.node)) return cheats;
  const BlockSpan blocks = stage(node);
  const bool samples = blocks.size() == model_.block_count();
  for_each_conduct(role, node.node, blocks, [&](const behaviour::Conduct& conduct) {
    if (conduct.cheat != "honest" && behaviour::cheats(conduct, blocks, samples)) cheats.insert(conduct.cheat);
  });
  return cheats;
}

void AuditRules::check_rates(const std::vector<NodeView>& nodes, const behaviour::BehaviourPolicy& behaviour) const {
  VALIDATE(!at_.population.empty(), "audit.population",
           "no population of devices was measured that has those of swarm.numerics",
           "rates and thresholds hang on how honest devices differ", how_to_name_a_population());
  VALIDATE(!policy_.takes_threshold() || !policy_.threshold(), "verification.threshold",
           "has no rates that were measured at it", "those of the table were counted at calibrated thresholds",
           "Leave it out, or set execution.mode = \"real\", where scores are held against it.");
  const std::string how =
      " (orrery calibrate detection" + (scenario_.model.path.empty() ? "" : " --model " + scenario_.model.path) +
      (at_.model == "embedded" ? "" : " --name " + at_.model) + " --table FILE, then audit.table = \"FILE\")";
  const std::string place = "verification" + how;
  const BlockSpan whole{0, model_.block_count()};
  const bool stages = std::any_of(nodes.begin(), nodes.end(), [&](const NodeView& v) {
    return v.max_blocks > 0 && stage(v).size() < whole.size();
  });
  std::set<std::tuple<const behaviour::BehaviourPolicy*, int, int, bool>> seen;
  for (const NodeView& v : nodes) {
    const behaviour::BehaviourPolicy& role = behaviour.role(v.node);
    const BlockSpan blocks = stage(v);
    if (v.max_blocks == 0 || !seen.emplace(&role, blocks.begin, blocks.end, policy_.evades(v.node)).second) continue;
    const detection::Extent looked_at = extent(of_text() ? whole : blocks);
    table_->rate(at_, "honest", looked_at, place);
    for (const std::string& cheat : cheats_on(v, role)) {
      table_->rate(at_, cheat, looked_at, place);
      VALIDATE(!of_text() || !stages, place,
               "nobody measured '" + cheat + "' of one stage against '" + at_.detector + "'",
               "its rates are of nodes that hold the whole model; rates are not guessed",
               "Use execution.mode = \"real\", a policy that looks at stages, or nodes that hold the whole model.");
    }
  }
}

}  // namespace orrery::sim::serving
