#include "experiments/sweep/cost.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "experiments/files.hpp"
#include "experiments/sweep/plan.hpp"
#include "kernels/contract.hpp"
#include "sim/execution/roofline.hpp"
#include "sim/swarm/device.hpp"
#include "sim/workload/model.hpp"

namespace orrery::experiments::sweep {
namespace {

using sim::BlockSpan;
using sim::Tokens;
using sim::serving::Scenario;
using sim::verification::Shape;
namespace workload = sim::workload;
namespace execution = sim::execution;

// A request that one node serves alone.
struct Request {
  workload::ModelGraph model;
  execution::Machine machine;
  Tokens prompt = 0, output = 0;
  Tokens rows() const { return prompt + output - 1; }  // the last token is not fed back

  double seconds(const execution::Work& work) const {
    return execution::stage_cost(model, machine, 1, std::array{work}).time.seconds();
  }
  BlockSpan blocks() const { return {0, model.block_count()}; }
  // Everything at once, as a verifier who has the text can do it.
  double prefill_s() const { return seconds({blocks(), 0, rows()}); }
  double serve_s() const {
    double sum = seconds({blocks(), 0, prompt});
    for (Tokens at = prompt; at < rows(); ++at) sum += seconds({blocks(), at, 1});
    return sum;
  }
};

execution::Machine machine_of(const Scenario& s, const workload::ModelGraph& model) {
  VALIDATE(s.swarm.devices.size() == 1, "swarm.devices",
           "names " + std::to_string(s.swarm.devices.size()) + " kinds of device",
           "a cost is that of one node with all blocks", "Name one, as in devices = {a100-80 = 1}.");
  const auto& device = sim::swarm::device(sim::swarm::device_named(s.swarm.devices[0].first, "swarm.devices"));
  return {.compute = sim::FlopsPerSecond(device.peak(model.compute_dtype).value() * device.compute_efficiency),
          .bandwidth = sim::BytesPerSecond(device.memory_bandwidth.value() * device.bandwidth_efficiency),
          .overhead_s = device.stage_overhead_s,
          .block_overhead_s = device.block_overhead_s};
}

Shape shape_of(const workload::ModelShape& m, const Request& r) {
  // Inner values of a block, one position: norms, queries with keys and values, mixed heads, both residual branches,
  // the MLP's pairs and products.
  const int kv = m.kv_heads * m.head_dim, q = m.heads * m.head_dim;
  return {.blocks = m.layers,
          .hidden = m.hidden,
          .widest = 4 * m.hidden + 2 * q + 2 * kv + 3 * m.ffn,
          .vocab = m.vocab,
          .prompt = r.prompt,
          .rows = r.rows(),
          .parameters = static_cast<double>(m.active_matrix_parameters()) * m.layers};
}

// How many look at a claim, on average over what the policy draws for an executor of whom nothing is known.
double verifiers(const sim::verification::VerificationPolicy& policy, const Request& r) {
  sim::Draw draw(7, sim::Stream::verification, 0);
  constexpr int claims = 10'000;
  double sum = 0;
  for (int i = 0; i < claims; ++i) {
    sum +=
        policy
            .select({sim::NodeId(0), sim::RequestId(static_cast<std::uint32_t>(i)), r.blocks(), 0, r.rows(), r.prompt},
                    {}, draw)
            .recomputations;
  }
  return sum / claims;
}

std::vector<sim::Metric> costs(const Scenario& s) {
  const auto& w = s.workload;
  VALIDATE(w.lengths == "fixed", "workload.lengths", "is \"" + w.lengths + "\"", "a cost is that of one request",
           "Set lengths = \"fixed\", prompt_tokens and output_tokens.");
  Request r{workload::graph(s.model),
            {},
            w.retrieved() + static_cast<Tokens>(w.prompt_tokens),
            static_cast<Tokens>(w.output_tokens)};
  r.machine = machine_of(s, r.model);
  const auto& policy = *s.verification.policy;
  const sim::verification::Cost c = policy.cost(shape_of(workload::model_shape(s.model.name, "model.name"), r));
  const double looking = verifiers(policy, r), audited = std::min(1.0, looking);
  const double plain = r.serve_s(), tokens = static_cast<double>(r.output);
  const double executor = c.prove_s + (c.slowdown - 1) * plain, verifier = c.passes * r.prefill_s() + c.verify_s;
  return {{"plain_s", "s/token", "to serve it, unverified", plain / tokens},
          {"executor_s", "s/token", "more for the executor: proofs, encryption, enclave", executor / tokens},
          {"verifier_s", "s/token", "of all verifiers together", looking * verifier / tokens},
          {"bytes", "byte/token", "evidence, questions and answers, shares between parties",
           (c.evidence.value() + c.between_parties.value() + audited * c.dialogue.value()) / tokens},
          {"rounds", "1/token", "exchanges that wait for each other", audited * c.rounds / tokens},
          {"verifiers", "node", "that look at a request", looking},
          {"overhead", "1", "seconds of executor and verifiers over those of plain serving",
           (executor + looking * verifier) / plain}};
}

}  // namespace

std::vector<Row> cost_rows(const ScenarioSource& source) {
  const Plan plan(source);
  std::vector<Row> rows;
  for (std::size_t point = 0; point < plan.points(); ++point) {
    const Scenario scenario = plan.scenario(point, 0);
    Row row = plan.row(scenario, point, 0);
    try {
      row.result.metrics = costs(scenario);
    } catch (const InputError& error) {
      throw InputError(plan.with_point(error.what(), point));
    }
    row.status = Status::done;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string cost_text(const CostArguments& a) {
  const ScenarioSource source{a.scenario, read_file(a.scenario), a.changes, {}};
  const std::vector<Row> rows = cost_rows(source);
  if (!a.out.empty()) {
    OutputFile file(a.out, "an Orrery results file", is_results_file);
    file.commit(results_image(source.text, rows));
  }
  const Plan plan(source);
  const std::string title = "for one generated token";
  std::size_t width = title.size();
  for (std::size_t point = 0; point < plan.points(); ++point) width = std::max(width, plan.label(point).size());
  std::string text = fmt::format("{:<{}}", title, width);
  for (const sim::Metric& m : rows.at(0).result.metrics) text += fmt::format(" {:>12}", m.name);
  text += "\n";
  for (const Row& row : rows) {
    text += fmt::format("{:<{}}", plan.label(static_cast<std::size_t>(row.point_number)), width);
    for (const sim::Metric& m : row.result.metrics) text += fmt::format(" {:>12.4g}", m.value);
    text += "\n";
  }
  return text;
}

}  // namespace orrery::experiments::sweep
