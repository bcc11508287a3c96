#include "experiments/calibrate_foreign.hpp"

#include <cmath>
#include <filesystem>

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

std::shared_ptr<const kernels::model::Model> embedded_model() {
  return kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                           data::fact("model/tokenizer.json"));
}

detection::Setting setting_of(const sim::Population& population, int layers, int given, int generated) {
  return {&population, {0, layers}, given, generated, temperature, seed};
}

std::string file_text(detection::Bench& bench, const std::string& path, const detection::Plan& plan) {
  const std::string bytes = read_file(path);
  const auto traces = detection::ForeignTraces::parse(path, bytes, bench.model().config());
  const int layers = bench.model().config().layers;
  const int generated = traces.rows() + 1 - traces.prompt;
  const auto protocols = detection::make_protocols(plan);
  const auto canonical = setting_of(sim::population("canonical", "populations"), layers, traces.prompt, generated);
  const detection::ForeignDrift drift = detection::foreign_drift(bench, canonical, traces);
  std::string text = fmt::format(
      "\n{}: {} sequences of {} + {} tokens. Last hidden states off the canonical ones by {:.3g}; {:.2f} % of "
      "the tokens are those that the canonical computation draws.\n",
      std::filesystem::path(path).stem().string(), traces.tokens.size(), traces.prompt, generated, drift.relative_error,
      100 * drift.same_token);
  text += fmt::format("  {:<12} {:<26} {:>8} {:>17} {:>12} {:>12}\n", "verifiers", "detector", "rejected", "95 %",
                      "threshold", "median score");
  for (const sim::Population& population : sim::populations()) {
    if (population.agreed != sim::Weights::full) continue;  // a foreign executor holds the weights that are published
    const auto setting = setting_of(population, layers, traces.prompt, generated);
    for (const detection::ForeignCell& cell : detection::judge_foreign(
             bench, setting, traces, protocols, detection::DetectionTable::embedded(), "embedded")) {
      const auto interval = cell.interval();
      text += fmt::format("  {:<12} {:<26} {:>4}/{:<4} {:>8.3f} to {:.3f} {:>12.4g} {:>12.4g}\n", population.name,
                          cell.detector, cell.rejected, cell.trials, interval.low, interval.high, cell.threshold,
                          cell.score_median);
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
                    [](const std::string& bytes) { return bytes.find("\"noise\"") < 64; });
    file.commit(detection::foreign_questions(bench, setting, static_cast<std::uint32_t>(a.sequences)));
  }
  detection::Plan plan;
  plan.protocols = standard_protocols();
  std::string text;
  for (const std::string& path : a.traces) text += file_text(bench, path, plan);
  return text;
}

}  // namespace orrery::experiments
