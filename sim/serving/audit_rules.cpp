#include "sim/serving/audit_rules.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "sim/numerics.hpp"
#include "sim/serving/estimates.hpp"
#include "sim/serving/scenario.hpp"
#include "sim/workload/model_shape.hpp"
#include "sim/workload/workload.hpp"

namespace orrery::sim::serving {
namespace {

constexpr std::string_view honest_work = "honest";

detection::DetectionTable read_table(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  VALIDATE(in.good(), path, "cannot be read", "audit.table names it", "Check the path.");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return detection::DetectionTable::parse(text, path);
}

// Empty: no population has all of them.
std::string population_of(const std::vector<swarm::NodeSpec>& nodes) {
  std::vector<Arithmetic> devices;
  for (const swarm::NodeSpec& n : nodes) devices.push_back(n.arithmetic);
  const Population* found = sim::population_of(devices);
  return found ? found->name : "";
}

// The last token drawn is not fed back.
double mean_rows(const Scenario& s) {
  const auto seed = static_cast<std::uint64_t>(s.experiment.seed);
  const TypicalRequest typical = TypicalRequest::of(*workload::Workload::make(s.workload, seed));
  return typical.prompt + typical.output - 1;
}

verification::Shape shape_of_a_block(const Scenario& s, const workload::ModelGraph& model) {
  const workload::ModelShape& m = workload::model_shape(s.model.name, "model.name");
  // What an opened position shows: the inputs and outputs of every product of a block.
  const int queries = m.heads * m.head_dim, keys = m.kv_heads * m.head_dim;
  return {.blocks = 1,
          .hidden = model.hidden,
          .widest = 4 * m.hidden + 2 * queries + 2 * keys + 3 * m.ffn,
          .vocab = m.vocab,
          .parameters = static_cast<double>(m.block_parameters())};
}

}  // namespace

AuditRules::AuditRules(const Scenario& scenario, const workload::ModelGraph& model,
                       const std::vector<swarm::NodeSpec>& nodes)
    : scenario_(scenario), policy_(*scenario.verification.policy), params_(scenario.audit), model_(model) {
  const bool alike = std::all_of(nodes.begin(), nodes.end(), [&nodes](const swarm::NodeSpec& n) {
    return n.arithmetic.weights == nodes.front().arithmetic.weights;
  });
  if (alike && !nodes.empty()) agreed_ = nodes.front().arithmetic.weights;
  if (!on()) return;
  if (!params_.table.empty()) own_table_ = read_table(params_.table);
  table_ = own_table_ ? &*own_table_ : &detection::DetectionTable::embedded();
  at_ = {params_.rates_of.empty() ? scenario.model.name : params_.rates_of, params_.population, policy_.detector()};
  if (at_.population.empty()) at_.population = population_of(nodes);
  if (!at_.population.empty()) agreed_ = population(at_.population, "audit.population").agreed;
  if (policy_.goes_by_published_rule()) at_.detector += ":published";
  shape_ = shape_of_a_block(scenario, model);
  rows_ = mean_rows(scenario);
  chance_ = chance();
}

verification::Cost AuditRules::cost(BlockSpan blocks, Tokens prompt, Tokens rows) const {
  verification::Shape shape = shape_;
  shape.blocks = blocks.size();
  shape.parameters *= blocks.size();
  shape.prompt = prompt;
  shape.rows = rows;
  return policy_.cost(shape);
}

double AuditRules::block_time_s() const { return scenario_.ledger.block_time_s; }
double AuditRules::epoch_s() const { return scenario_.ledger.epoch_s; }

double AuditRules::price_coins(Tokens prompt, Tokens output) const {
  return (static_cast<double>(prompt) * scenario_.ledger.input_price +
          static_cast<double>(output) * scenario_.ledger.output_price) *
         1e-6;
}

double AuditRules::slowdown() const { return on() ? cost({0, 1}, 1, 1).slowdown : 1; }

const incentive::IncentivePolicy& AuditRules::incentive() const { return *scenario_.incentive.policy; }
const ledger::LedgerParams& AuditRules::ledger() const { return scenario_.ledger; }

bool AuditRules::incentive_decides() const {
  const incentive::Claimant anybody{micro_coins(1), micro_coins(scenario_.ledger.deposit), incentive().newcomer()};
  return incentive().audit_rate(anybody).has_value();
}

int AuditRules::select(const verification::Claim& claim, const verification::History& history,
                       std::span<const incentive::Claimant> claimants, Draw& draw) const {
  std::optional<double> rate;
  for (const incentive::Claimant& claimant : claimants) {
    const std::optional<double> of_this = incentive().audit_rate(claimant);
    if (of_this) rate = std::max(rate.value_or(0), *of_this);
  }
  if (!rate) return policy_.select(claim, history, draw).recomputations;
  return draw.uniform() < *rate ? policy_.committee() : 0;
}

// Of a newcomer's request of the workload's mean size, by drawing: a policy's rate may hang on anything.
double AuditRules::chance() const {
  constexpr int draws = 4096;
  Draw draw(0, Stream::verification, 0);
  const auto prompt = static_cast<Tokens>(scenario_.workload.prompt_tokens);
  const auto rows = prompt + static_cast<Tokens>(scenario_.workload.output_tokens);
  const incentive::Claimant newcomer{micro_coins(price_coins(prompt, rows - prompt)),
                                     micro_coins(scenario_.ledger.deposit), incentive().newcomer()};
  int audited = 0;
  for (int i = 0; i < draws; ++i) {
    const std::span<const incentive::Claimant> claimants(&newcomer, 1);
    audited += select({NodeId(0), RequestId(0), {0, 1}, 0, rows, prompt}, {}, claimants, draw) > 0;
  }
  return static_cast<double>(audited) / draws;
}

detection::Extent AuditRules::extent(BlockSpan blocks) const {
  const double share = static_cast<double>(blocks.size()) / static_cast<double>(model_.block_count());
  return {.share = share, .rows = rows_, .reach = params_.reach};
}

double AuditRules::rejection_rate(const std::string& cheat, BlockSpan blocks, NodeId executor) const {
  const std::string_view shown = policy_.evades(executor) ? honest_work : std::string_view(cheat);
  if (const std::optional<double> known = policy_.power()) return shown == honest_work ? 0 : *known;
  try {
    return table_->rate(at_, shown, extent(blocks), "verification").value();
  } catch (const InputError& e) {
    throw RunError(e.what());
  }
}

double AuditRules::threshold(BlockSpan blocks) const {
  if (const std::optional<double> own = policy_.threshold()) return *own;
  if (policy_.goes_by_published_rule()) return 0;  // not looked at
  try {
    return table_->threshold(at_, extent(blocks), "verification");
  } catch (const InputError& e) {
    throw RunError(e.what());
  }
}

std::optional<double> AuditRules::Odds::caught(std::string_view behaviour) const {
  if (const std::optional<double> known = rules_.policy_.power()) return rules_.chance_ * *known;
  const std::string_view shown = rules_.policy_.evades(executor_) ? honest_work : behaviour;
  if (!rules_.table_->knows(rules_.at_, shown, rules_.extent(blocks_))) return std::nullopt;
  return rules_.chance_ * rules_.rejection_rate(std::string(shown), blocks_, executor_);
}

}  // namespace orrery::sim::serving
