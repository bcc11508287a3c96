#include "experiments/bench_evidence.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "data/facts.hpp"
#include "experiments/bench_json.hpp"
#include "experiments/bench_table.hpp"
#include "sim/config/registry.hpp"
#include "sim/execution/gumbel.hpp"
#include "sim/execution/tape.hpp"
#include "sim/ledger/vrf.hpp"
#include "sim/verification/cost_model.hpp"

namespace orrery::experiments {
namespace {

namespace execution = sim::execution;
namespace verification = sim::verification;
using sim::Draw;

constexpr int prompt = 32, rows = 80;

// The embedded model and a text of its own after a held-out prompt: what an honest executor keeps of a claim, and so
// its verifier.
class Claim {
 public:
  Claim() : store_(open()) {
    const int layers = store_.model().config().layers;
    tape_.emplace(store_, workspace_, sim::BlockSpan{0, layers}, prompt, rows,
                  execution::Agreement{.sampling_seed = 99, .temperature = 0.8});
    const auto text = store_.model().tokenizer()->encode(data::fact("model/heldout.txt").substr(0, 2000));
    std::vector<int> tokens(text.begin(), text.begin() + prompt);
    const Draw noise(7, sim::Stream::verification, 4);
    tape_->run({}, kernels::model::embed(store_.embedding(), tokens), noise);
    for (;;) {
      const auto at = static_cast<std::uint32_t>(tokens.size());
      tokens.push_back(execution::sample_gumbel(tape_->readout(tape_->rows() - 1), tape_->temperature(),
                                                tape_->sampling_seed(), at));
      if (tape_->rows() == rows) break;
      tape_->run({}, kernels::model::embed(store_.embedding(), std::span(tokens).last(1)), noise);
    }
    tape_->set_tokens(tokens);
    for (int row = 0; row < rows; ++row) readouts_.push_back(tape_->readout(row));
    for (int block = 0; block < layers; ++block) tape_->operators(block);  // kept, and not made while time runs
  }
  // One that no protocol has looked at yet.
  ReadTrace trace() const { return ReadTrace(*tape_, readouts_); }
  verification::Shape shape() const {
    const auto& c = store_.model().config();
    return {.blocks = c.layers,
            .hidden = c.hidden,
            .widest = 4 * c.hidden + 2 * c.query_cols() + 2 * c.kv_cols() + 3 * c.ffn,
            .vocab = c.vocab,
            .prompt = prompt,
            .rows = rows,
            .parameters = static_cast<double>(c.block_parameters()) * c.layers};
  }

 private:
  static std::shared_ptr<const kernels::model::Model> open() {
    return kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                             data::fact("model/tokenizer.json"));
  }
  execution::BlockStore store_;
  kernels::Workspace workspace_;
  std::optional<execution::Tape> tape_;
  std::vector<std::vector<float>> readouts_;
};

// Of one draw.
double proof_of_draw_s() {
  const sim::ledger::vrf::SecretKey key{7};
  const std::array<std::uint8_t, 8> task{1, 2, 3};
  return time_s([&] { sim::ledger::vrf::prove(key, task); });
}

// A commitment; and a judgement, without the pass that it is judged against. Who redoes a claim proves first, in
// `draw_s`, that it was drawn for that.
std::vector<EvidenceRow> rows_of(const std::string& name, const Claim& claim, double draw_s) {
  const auto policy = sim::config::Registry<verification::VerificationPolicy>::instance().make(name);
  const Draw draw(7, sim::Stream::verification, 5);
  const ReadTrace executor = claim.trace();
  execution::Dialogue said{policy->commit(executor), {}, {}};
  for (int round = 0; round < policy->rounds(executor.blocks()); ++round) {
    said.questions.push_back(policy->ask(said, executor, draw));
    said.answers.push_back(policy->answer(said, executor));
  }
  execution::Message again;
  const double commit_s = time_s([&] { again = policy->commit(claim.trace()); });
  execution::Judgement found;
  const double judge_s = time_s([&] {
    const ReadTrace verifier = claim.trace();
    found = policy->judge(said, verifier, draw);
  });
  // An honest twin on the same device: no more than the rounding of bf16 apart.
  const bool fine =
      verification::decide(*policy, found, policy->threshold().value_or(5e-3)) == verification::Finding::accepted &&
      again == said.commitment;
  const verification::Cost cost = policy->cost(claim.shape());
  const bool redone = cost.passes > 0;
  return {{name + ", made", commit_s, cost.prove_s, fine, fmt::format("{} bytes", said.commitment.size())},
          {name + ", judged", judge_s + (redone ? draw_s : 0), cost.verify_s, fine,
           name == "freivalds" ? "makes its probes anew, which a verifier keeps"
           : redone            ? "with the proof of its draw"
                               : ""}};
}

void print(const EvidenceRow& row, double unit) {
  const double ratio = row.measured_s / row.charged_s;
  const bool near = ratio >= 1.0 / 3 && ratio <= 3;
  fmt::print("{:<30} {:>12.4g} {:>12.4g} {:>7.2f} {:<10} {:<6} {}\n", row.name, row.measured_s / unit,
             row.charged_s / unit, ratio, near ? "within 3x" : "beyond 3x", row.correct ? "right" : "WRONG", row.note);
}

}  // namespace

double time_s(const std::function<void()>& work) {
  constexpr int rounds = 5;
  constexpr double least_s = 1e-2;
  const auto timed = [&work](std::int64_t runs) {
    const double begin = process_cpu_s();
    for (std::int64_t i = 0; i < runs; ++i) work();
    return process_cpu_s() - begin;
  };
  std::int64_t runs = 1;
  while (timed(runs) < least_s) runs *= 2;
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) seconds.push_back(timed(runs) / static_cast<double>(runs));
  return median(std::move(seconds));
}

int bench_evidence(const std::string& json) {
  const auto head = [](const char* what, const char* unit) {
    fmt::print("{:<30} {:>12} {:>12} {:>7} {:<10} {:<6}\n", what, fmt::format("{} here", unit),
               fmt::format("{} charged", unit), "ratio", "advice", "answer");
  };
  head("unit", "ns");
  std::vector<EvidenceRow> all = evidence_units();
  for (const EvidenceRow& row : all) print(row, 1e-9);

  const Claim claim;
  const double draw_s = proof_of_draw_s();
  const verification::Shape shape = claim.shape();
  fmt::print("\nProtocols on a claim of the embedded model: {} positions, {} blocks of width {}\n", rows, shape.blocks,
             shape.hidden);
  head("protocol", "us");
  for (const std::string& name : sim::config::Registry<verification::VerificationPolicy>::instance().names()) {
    const auto policy = sim::config::Registry<verification::VerificationPolicy>::instance().make(name);
    // Nothing to make, or nothing that anybody here could make.
    if (name == "none" || dynamic_cast<const verification::CostModel*>(policy.get()) != nullptr) continue;
    for (const EvidenceRow& row : rows_of(name, claim, draw_s)) {
      print(row, 1e-6);
      all.push_back(row);
    }
  }
  std::vector<BenchResult> results;
  for (const EvidenceRow& row : all)
    results.push_back(
        {"evidence/" + row.name, row.measured_s, {{"charged_s", row.charged_s}, {"right", row.correct ? 1.0 : 0.0}}});
  if (!json.empty()) write_bench_json(json, "orrery bench evidence", results);
  const bool correct = std::all_of(all.begin(), all.end(), [](const EvidenceRow& row) { return row.correct; });
  fmt::print("must: every answer is right  {}\n", correct ? "met" : "MISSED");
  return correct ? 0 : 1;
}

}  // namespace orrery::experiments
