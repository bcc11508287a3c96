#include "experiments/calibrate_foreign.hpp"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "data/facts.hpp"
#include "experiments/calibrate_detection.hpp"
#include "experiments/files.hpp"
#include "sim/detection/foreign.hpp"

namespace orrery::experiments {
namespace {

namespace detection = sim::detection;

constexpr double temperature = 0.8;
constexpr std::uint64_t seed = 1;
constexpr int prompt = 48;

// What was found of one file.
struct Finding {
  std::string name;  // of the file
  detection::ForeignTraces traces;
  detection::ForeignDrift drift;
  std::vector<std::pair<std::string, std::vector<detection::ForeignCell>>> cells;  // by population of verifiers
};

std::shared_ptr<const kernels::model::Model> embedded_model() {
  return kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                           data::fact("model/tokenizer.json"));
}

detection::Setting setting_of(const sim::Population& population, int layers, int given, int generated) {
  return {&population, {0, layers}, given, generated, temperature, seed};
}

Finding look_at(detection::Bench& bench, const std::string& path) {
  const std::string bytes = read_file(path);
  const int layers = bench.model().config().layers;
  detection::Plan plan;
  plan.protocols = standard_protocols();
  const auto protocols = detection::make_protocols(plan);
  Finding f{std::filesystem::path(path).stem().string(),
            detection::ForeignTraces::parse(path, bytes, bench.model().config()),
            {},
            {}};
  const int given = f.traces.prompt, generated = f.traces.rows() + 1 - given;
  const auto canonical = setting_of(sim::population("canonical", "populations"), layers, given, generated);
  f.drift = detection::foreign_drift(bench, canonical, f.traces);
  for (const sim::Population& population : sim::populations()) {
    if (population.agreed != sim::Weights::full) continue;  // a foreign executor holds the weights that are published
    const auto setting = setting_of(population, layers, given, generated);
    f.cells.emplace_back(population.name, detection::judge_foreign(bench, setting, f.traces, protocols,
                                                                   detection::DetectionTable::embedded(), "embedded"));
  }
  return f;
}

std::string text_of(const Finding& f) {
  std::string text = fmt::format(
      "\n{}: {} sequences of {} + {} tokens. Last hidden states off the canonical ones by {:.3g}; {:.2f} % of the "
      "tokens are those that the canonical computation draws.\n",
      f.name, f.traces.tokens.size(), f.traces.prompt, f.traces.rows() + 1 - f.traces.prompt, f.drift.relative_error,
      100 * f.drift.same_token);
  if (f.traces.identical) {
    text += fmt::format(
        "On that device {:.1f} % of the rows have the same bits decoded and prefilled, {:.1f} % in a batch and "
        "alone.\n",
        100 * f.traces.identical->decode, 100 * f.traces.identical->batch);
  }
  text += fmt::format("  {:<12} {:<26} {:>9} {:>17} {:>12} {:>12}\n", "verifiers", "detector", "rejected", "95 %",
                      "threshold", "median score");
  for (const auto& [population, cells] : f.cells) {
    for (const detection::ForeignCell& cell : cells) {
      const auto interval = cell.interval();
      text +=
          fmt::format("  {:<12} {:<26} {:>4}/{:<4} {:>8.3f} to {:.3f} {:>12.4g} {:>12.4g}\n", population, cell.detector,
                      cell.rejected, cell.trials, interval.low, interval.high, cell.threshold, cell.score_median);
    }
  }
  return text;
}

constexpr const char* table_head = "# The embedded model served by other devices";

std::string table_of(const std::vector<Finding>& findings) {
  std::string text = fmt::format(
      "{} and programs, looked at by Orrery's verifiers. Written by\n"
      "#   orrery calibrate foreign --table FILE TRACES, from traces by data/derive/foreign_traces.py\n"
      "# relative_error: of the last hidden states, off the canonical ones. same_token: share of drawn tokens that "
      "the\n"
      "# canonical computation draws too. identical_*: share of rows whose bits are the same on that device whether "
      "they\n"
      "# were decoded or prefilled, in a batch or alone. rejected: by verifiers of a population of emulated devices, "
      "at\n"
      "# the threshold that was calibrated for them.\n",
      table_head);
  for (const Finding& f : findings) {
    text += fmt::format("\n[[device]]\nname = \"{}\"\nsequences = {}\nrelative_error = {:.6g}\nsame_token = {:.6g}\n",
                        f.name, f.traces.tokens.size(), f.drift.relative_error, f.drift.same_token);
    if (f.traces.identical) {
      text += fmt::format("identical_decode = {:.6g}\nidentical_batch = {:.6g}\n", f.traces.identical->decode,
                          f.traces.identical->batch);
    }
    for (const auto& [population, cells] : f.cells) {
      text += fmt::format("[device.rejected.{}]\n", population);
      for (const detection::ForeignCell& cell : cells)
        text += fmt::format("\"{}\" = {}\n", cell.detector, cell.rejected);
    }
  }
  return text;
}

}  // namespace

std::string calibrate_foreign(const ForeignArguments& a) {
  const auto model = embedded_model();
  detection::Bench bench(model, std::string(data::fact("model/heldout.txt")), a.threads);
  if (!a.questions.empty()) {
    const auto setting =
        setting_of(sim::population("canonical", "populations"), model->config().layers, prompt, a.tokens);
    OutputFile file(a.questions, "questions for a foreign executor",
                    [](const std::string& path) { return read_file(path).find("\"noise\"") < 64; });
    file.commit(detection::foreign_questions(bench, setting, static_cast<std::uint32_t>(a.sequences)));
  }
  std::optional<OutputFile> table;  // before the work: a place that cannot be written to is known at once
  if (!a.table.empty()) {
    table.emplace(a.table, "a table of foreign devices",
                  [](const std::string& path) { return read_file(path).starts_with(table_head); });
  }
  std::vector<Finding> findings;
  std::string text;
  for (const std::string& path : a.traces) {
    findings.push_back(look_at(bench, path));
    text += text_of(findings.back());
  }
  if (table) table->commit(table_of(findings));
  return text;
}

}  // namespace orrery::experiments
