#include "sim/serving/scenario.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>

#include "sim/serving/form.hpp"
#include "sim/serving/kinds.hpp"
#include "sim/swarm/device.hpp"
#include "sim/workload/model_shape.hpp"

namespace orrery::sim::serving {
namespace {

using config::Value;

// One row per section that is no policy: its name, its sentence and where its parameters live in a Scenario.
template <class Visit>
void for_each_section(auto& scenario, Visit&& visit) {
  visit("experiment", "name, seed and length of the run", scenario.experiment);
  visit("model", "the model that is served, and the precision it is held in", scenario.model);
  visit("swarm", "who takes part, how reliably, and how the directory learns of it", scenario.swarm);
  visit("network", "latency, bandwidth, relays", scenario.network);
  visit("workload", "who asks for how much, when", scenario.workload);
  visit("retrieval", "what workload.kind = \"rag\" looks up before it asks the model", scenario.retrieval);
  visit("serving", "scheduling, memory, failure handling and the service-level objective", scenario.serving);
  visit("execution", "where activations and stage times come from", scenario.execution);
  visit("ledger", "prices, fees, blocks, deposits", scenario.ledger);
  visit("audit", "what audits go by: measured rates, time limits, the price of a device's time", scenario.audit);
  visit("game", "trust without tokens: jobs, audits and coins among nodes that learn; instead of serving",
        scenario.game);
}

const Value& section_of(const Value& root, const std::string& name, const Value& empty) {
  const Value* found = root.find(name);
  if (!found) return empty;
  VALIDATE(found->is_table(), found->place.text(), "'" + name + "' is " + std::string(found->type_name()),
           "it is a section of the scenario", "Write [" + name + "].");
  return *found;
}

template <class Policy>
config::Made<Policy> make_policy(const Value& root, const std::string& kind, const char* fallback) {
  Value empty;
  empty.data = config::Table{};
  return config::Registry<Policy>::instance().make(section_of(root, kind, empty), kind, fallback);
}

// The lines of a canonical text that belong to one section.
std::string lines_of(const std::string& canonical, const std::string& section) {
  std::string lines;
  for (std::size_t at = 0; at < canonical.size();) {
    const std::size_t end = canonical.find('\n', at) + 1;
    if (canonical.compare(at, section.size() + 1, section + ".") == 0) lines += canonical.substr(at, end - at);
    at = end;
  }
  return lines;
}

// A game serves no tokens, and nodes that serve requests learn nothing: what a section of the other kind says would be
// ignored, unless it only repeats the defaults.
void check_used(const Value& root, const Scenario& scenario) {
  const bool game = scenario.game.jobs > 0;
  const auto as_default = [&scenario](const std::string& section) {
    Value nothing;
    nothing.data = config::Table{};
    static const std::string defaults = Scenario::read(nothing).canonical();
    return lines_of(scenario.canonical(), section) == lines_of(defaults, section);
  };
  for (const config::Entry& entry : root.table()) {
    VALIDATE(entry.key != "retrieval" || scenario.workload.kind == "rag" || as_default(entry.key), entry.place.text(),
             "section 'retrieval' has no effect", "nothing is looked up: workload.kind is not \"rag\"",
             "Set workload.kind = \"rag\", or leave it out.");
    const bool of_game = entry.key == "game" || entry.key == "strategy";
    const bool of_both = entry.key == "experiment" || entry.key == "incentive";
    if (of_both || of_game == game) continue;
    VALIDATE(as_default(entry.key), entry.place.text(), "section '" + entry.key + "' has no effect",
             game ? "game.jobs is above zero, and a game serves no tokens" : "no game is played: game.jobs is zero",
             game ? "Leave it out, or set game.jobs = 0." : "Set game.jobs, or leave it out.");
  }
}

// Where numbers come from, and whether what is asked of them can be had.
void check_execution(const Scenario& s) {
  const bool real = s.execution.mode != "model";
  VALIDATE(!real || !s.model.path.empty() || s.model.name == "embedded", "execution.mode", "no weights to run",
           "execution.mode = \"" + s.execution.mode + "\" computes model '" + s.model.name +
               "', of which only the shape is known here",
           "Set model.path to its weights or model.name to \"embedded\".");
  VALIDATE(s.execution.mode == "real" || s.execution.experts == "node", "execution.experts", "has no effect",
           "execution.mode = \"" + s.execution.mode + "\" deals no experts out to ranks",
           "Set execution.mode = \"real\".");
  VALIDATE(s.execution.mode == "real" || !s.execution.review_texts, "execution.review_texts", "has no effect",
           "execution.mode = \"" + s.execution.mode + "\" holds no text against the honest model",
           "Set execution.mode = \"real\", or leave it out.");
  const bool repeatable = s.execution.sampling == "shared_seed";
  VALIDATE(!repeatable || s.execution.top_p == 1, "execution.top_p", "has no effect",
           "execution.sampling = \"shared_seed\" draws among all tokens", "Leave it out.");
  // Who redoes a text does so on one machine, and has to find the very tokens.
  const bool text_redone = s.execution.mode == "real" && s.verification.policy->committee() > 0 &&
                           s.verification.policy->scope() == verification::Scope::text;
  VALIDATE(!text_redone || s.execution.temperature == 0 || repeatable, "execution.sampling",
           "tokens that '" + s.verification.policy->detector() + "' cannot draw again",
           "the verifier does not know the client's draws", "Set execution.sampling = \"shared_seed\".");
  VALIDATE(!text_redone || s.execution.wire == "fp32", "execution.wire",
           "honest texts that '" + s.verification.policy->detector() + "' would reject",
           "activations are rounded between nodes, and not on the machine of a verifier", "Set wire = \"fp32\".");
  VALIDATE(real || s.serving.stop != "eos", "serving.stop", "cannot stop at the end of the text",
           "execution.mode is \"model\", which computes no text", "Set serving.stop = \"length\".");
}

// A policy that goes by what no served run records would pay nobody, or not by its rule, and say nothing about it.
void check_records(const Scenario& s) {
  const std::string_view needs = s.incentive.policy->reads_beyond_audits();
  VALIDATE(
      needs.empty() || s.game.jobs > 0, "incentive.policy",
      "goes by " + std::string(needs) + ", which a served run does not have",
      "requests are not replicated, nobody scores them and no node asks a price: work would go unpaid",
      "Play a game, which has them ([game] with jobs, and with replicas or evaluators), or choose another policy.");
}

// A policy that divides by stake would pay nobody, and say nothing about it.
void check_stake(const Scenario& s) {
  const bool game = s.game.jobs > 0;
  const double deposit = game ? s.game.deposit : s.ledger.deposit;
  VALIDATE(!s.incentive.policy->weighs_stake() || deposit > 0, game ? "game.deposit" : "ledger.deposit",
           "no stake to weigh", "the incentive policy shares out by stake, and no node would have any",
           "Set it above zero, or choose another incentive.policy.");
}

}  // namespace

std::vector<Section> sections() {
  std::vector<Section> list;
  Scenario defaults;
  for_each_section(defaults, [&list](const char* name, const char* what, auto& params) {
    using P = std::decay_t<decltype(params)>;
    const config::FieldList fields = P::fields().list();
    list.push_back({name, what, fields, config::write_fields(fields, &params)});
  });
  return list;
}

Scenario Scenario::read(const Value& root) {
  Scenario s;
  std::vector<std::string> known;
  Value empty;
  empty.data = config::Table{};
  for_each_section(s, [&](const char* name, const char*, auto& params) {
    using P = std::decay_t<decltype(params)>;
    known.emplace_back(name);
    config::read_fields(P::fields().list(), &params, section_of(root, name, empty));
  });
  for (const char* policy :
       {"sharding", "rebalancing", "routing", "failover", "verification", "incentive", "behaviour", "strategy"})
    known.emplace_back(policy);
  for (const config::Entry& entry : root.table()) {
    const bool valid = std::find(known.begin(), known.end(), entry.key) != known.end();
    VALIDATE(valid, entry.place.text(), "unknown section '" + entry.key + "'", "it would be ignored",
             config::suggest(entry.key, known));
  }
  s.sharding = make_policy<sharding::ShardingPolicy>(root, "sharding", "petals");
  s.rebalancing = make_policy<rebalancing::RebalancingPolicy>(root, "rebalancing", s.sharding.policy->rebalancing());
  s.routing = make_policy<routing::RoutingPolicy>(root, "routing", "petals");
  s.failover = make_policy<failover::FailoverPolicy>(root, "failover", "replay");
  s.verification = make_policy<verification::VerificationPolicy>(root, "verification", "none");
  s.incentive = make_policy<incentive::IncentivePolicy>(root, "incentive", "none");
  s.behaviour = make_policy<behaviour::BehaviourPolicy>(root, "behaviour", "honest");
  s.strategy = make_policy<strategy::StrategyPolicy>(root, "strategy", "fixed");
  check_used(root, s);
  settle_kind(s);
  s.validate();
  validate_form(s, root);
  return s;
}

void Scenario::validate() const {
  game::validate(game);
  ledger::validate(ledger);
  swarm::validate(swarm);
  workload::validate(workload);
  workload::model_shape(model.name, "model.name");
  swarm::device_named(serving.client_device, "serving.client_device");
  if (network.kind == "uniform") {
    VALIDATE(swarm.access.empty(), "swarm.access", "has no effect",
             "network.kind = \"uniform\" gives every link one rate", "Set network.bandwidth_mbit.");
    for (const swarm::NodeRow& row : swarm.node) {
      VALIDATE(row.up_mbit == 0 && row.down_mbit == 0, "swarm.node", "up_mbit and down_mbit have no effect",
               "network.kind = \"uniform\" gives every link one rate", "Set network.bandwidth_mbit.");
    }
  }
  check_kind(*this);
  check_execution(*this);
  check_records(*this);
  check_stake(*this);
  if (game.jobs > 0) game::validate(game, *incentive.policy);
}

std::string Scenario::canonical() const {
  std::string text;
  for_each_section(*this, [&text](const char* name, const char*, const auto& params) {
    using P = std::decay_t<decltype(params)>;
    text += config::write_fields(P::fields().list(), &params, std::string(name) + ".");
  });
  for (const std::string* made :
       {&sharding.canonical, &rebalancing.canonical, &routing.canonical, &failover.canonical, &verification.canonical,
        &incentive.canonical, &behaviour.canonical, &strategy.canonical}) {
    text += *made;
  }
  return text;
}

std::vector<std::pair<std::string, double>> Scenario::point() const {
  std::vector<std::pair<std::string, double>> list;
  for_each_section(*this, [&list](const char* name, const char*, const auto& params) {
    using P = std::decay_t<decltype(params)>;
    for (const config::FieldInfo& field : P::fields().list()) {
      if (field.number) list.emplace_back(std::string(name) + "." + field.name, field.number(&params));
    }
  });
  return list;
}

}  // namespace orrery::sim::serving
