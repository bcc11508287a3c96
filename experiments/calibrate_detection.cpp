#include "experiments/calibrate_detection.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "data/facts.hpp"
#include "experiments/files.hpp"
#include "experiments/results.hpp"
#include "experiments/run_id.hpp"
#include "experiments/scenario_file.hpp"
#include "experiments/version.hpp"
#include "sim/config/fields.hpp"
#include "sim/config/toml.hpp"
#include "sim/detection/table.hpp"

namespace orrery::experiments {
namespace {

namespace detection = sim::detection;
using detection::Cell;

std::shared_ptr<const kernels::model::Model> open_model(const std::string& path) {
  if (!path.empty()) {
    auto model = kernels::model::Model::open(path);
    VALIDATE(model->config().experts == 0, path, "is a mixture of experts",
             "protocols open what a dense block computes inside, not what experts do", "Choose a dense model.");
    return model;
  }
  return kernels::model::Model::open_bytes(data::fact("model/config.json"), data::fact("model/model.safetensors"),
                                           data::fact("model/tokenizer.json"));
}

using sim::config::Value;

// [detection] of an experiment's file; nothing else has a place there.
sim::config::Fields<DetectionArguments> fields() {
  using P = DetectionArguments;
  return sim::config::Fields<P>()
      .real("fpr", &P::fpr, "1", "false positives that calibrated thresholds allow", 1e-4, 0.5)
      .integer("honest", &P::honest, "requests", "of honest executors, half of them to calibrate", 4, 1'000'000)
      .integer("cheats", &P::cheats, "requests", "of each cheat", 1, 1'000'000)
      .integer("prompt", &P::prompt, "tokens", "of each request", 1, 4096)
      .integer("tokens", &P::tokens, "tokens", "generated for each", 2, 4096)
      .real("temperature", &P::temperature, "1", "they are drawn at", 0, 10)
      .numbers("stages", &P::stages, "blocks",
               "blocks of the stages that are measured beside the whole model, each in the middle", 1, 4096);
}

void read_plan(DetectionArguments& a) {
  const Value root = scenario_root({a.plan, read_file(a.plan), {}, {}});
  for (const auto& entry : root.table()) {
    VALIDATE(entry.key == "detection", entry.place.text(), "unknown section '" + entry.key + "'",
             "this is no scenario: every protocol meets every cheat", "Write [detection].");
  }
  const Value* section = root.find("detection");
  VALIDATE(section != nullptr, a.plan, "has no section [detection]", "there is nothing to measure",
           "Write [detection], as in experiments/05_detection.toml.");
  sim::config::read_fields(fields().list(), &a, *section);
}

// Split conformal calibration (sim/detection/statistics.hpp) promises a rate only with enough honest requests; with
// fewer the threshold is infinite, and a detector that rejects nothing would stand in the table as a measured one.
void check_enough(const DetectionArguments& a) {
  const std::int64_t half = a.honest / 2;
  VALIDATE(a.fpr * static_cast<double>(half + 1) >= 1, a.plan.empty() ? "--honest" : a.plan,
           fmt::format("{} honest requests cannot calibrate a threshold", a.honest),
           fmt::format("a false positive rate of {} takes at least {}, half of them to test", a.fpr,
                       2 * static_cast<std::int64_t>(std::ceil(1 / a.fpr - 1))),
           "Raise honest, or fpr.");
}

// A stage of so many blocks in the middle of the model.
sim::BlockSpan middle(int blocks, int layers) {
  // A quarter stays where it stood when it was the only stage, so that its rows compare with older ones.
  const int begin = blocks == layers / 4 ? layers / 3 : (layers - blocks) / 2;
  return {begin, begin + blocks};
}

// The whole model on one node, and the stages. Rows are told apart by their number of blocks.
std::vector<sim::BlockSpan> spans(const DetectionArguments& a, int layers) {
  const std::string place = (a.plan.empty() ? "" : a.plan + ": ") + "detection.stages";
  std::vector<sim::BlockSpan> all = {{0, layers}};
  std::set<double> seen;
  for (const double n : a.stages) {
    const std::string which = fmt::format("a stage of {} blocks", n);
    VALIDATE(n == std::floor(n), place, which + " cannot be measured", "nodes serve whole blocks");
    VALIDATE(n < layers, place, which + " is not a part of the model",
             fmt::format("it has {} blocks, and the whole of it is measured anyway", layers),
             "List smaller stages in stages = [...] of a plan's [detection]; [] measures the whole model alone.");
    VALIDATE(seen.insert(n).second, place, which + " stands there twice", "it is measured once", "Leave one out.");
    all.push_back(middle(static_cast<int>(n), layers));
  }
  return all;
}

detection::Plan make_plan(const DetectionArguments& a, int layers) {
  detection::Plan plan;
  plan.populations = {"canonical", "fp32", "fp16", "bf16", "mixed", "w8a8"};
  plan.behaviours = {"random_output",  "smaller_model", "layer_skip",   "int4",       "int8",
                     "fp8_kv",         "suffix_cheat",  "cheap_decode", "wrong_seed", "wrong_temperature",
                     "work_inflation", "null_proof"};
  plan.protocols = standard_protocols();
  plan.honest = static_cast<int>(a.honest);
  plan.cheats = static_cast<int>(a.cheats);
  plan.prompt = static_cast<int>(a.prompt);
  plan.generated = static_cast<int>(a.tokens);
  plan.temperature = a.temperature;
  plan.spans = a.quick ? std::vector<sim::BlockSpan>{{0, layers}} : spans(a, layers);
  if (a.quick) {
    plan.populations = {"fp32", "bf16"};
    plan.behaviours = {"random_output", "int4", "cheap_decode"};
  }
  return plan;
}

std::string subject(const Cell& c) {
  return fmt::format("population = \"{}\"\nbehaviour = \"{}\"\ndetector = \"{}\"\nblocks = [{}, {}]\n", c.population,
                     c.behaviour, c.detector, c.blocks.begin, c.blocks.end);
}

// One row a cell, in the layout of every other results file.
Row row_of(const Cell& c, int number, const std::string& conditions) {
  Row row;
  row.scenario = conditions + subject(c);
  row.id = run_id(row.scenario);
  row.status = Status::done;
  row.point_number = number;
  row.point = {{"population", "", "honest devices", 0, c.population},
               {"behaviour", "", "what the executor did", 0, c.behaviour},
               {"detector", "", "protocol and its rule", 0, c.detector},
               {"blocks", "blocks", "of the executor's stage", static_cast<double>(c.blocks.size())}};
  const auto exact = c.interval();
  const auto score = detection::wilson(c.rejected, c.trials);
  row.result.metrics = {
      {"trials", "request", "audited, of which none was used to calibrate", static_cast<double>(c.trials)},
      {"rejected", "request", "that the detector rejected", static_cast<double>(c.rejected)},
      {"malformed", "request", "rejected because no honest executor makes such evidence",
       static_cast<double>(c.malformed)},
      {"rate", "1", "share rejected: true positives of a cheat, false positives of honest executors", c.rate()},
      {"rate_low", "1", "95 % Clopper-Pearson, lower end", exact.low},
      {"rate_high", "1", "95 % Clopper-Pearson, upper end", exact.high},
      {"rate_wilson_low", "1", "95 % Wilson, lower end", score.low},
      {"rate_wilson_high", "1", "95 % Wilson, upper end", score.high},
      {"threshold", "1", "score above which it rejects; not defined for a published rule", c.threshold},
      {"score_median", "1", "of all sequences", c.score_median},
      {"auc", "1", "area under the ROC curve against honest executors", c.auc.value_or(std::nan(""))}};
  return row;
}

void add_quality(std::vector<Row>& rows, const std::vector<detection::Sample>& samples) {
  const auto mean = [](const std::vector<double>& x) {
    double sum = 0;
    for (const double v : x) sum += v;
    return x.empty() ? std::nan("") : sum / static_cast<double>(x.size());
  };
  for (Row& row : rows) {
    for (const detection::Sample& s : samples) {
      if (row.point[0].label != s.population || row.point[1].label != s.behaviour) continue;
      if (row.point[3].value != s.blocks.size()) continue;
      row.result.metrics.push_back({"perplexity", "1", "of the text, to the honest model", std::exp(mean(s.nats))});
      row.result.metrics.push_back(
          {"agreement", "1", "tokens that an honest executor would have drawn after the same text", mean(s.agreement)});
    }
  }
}

void print_matrix(const std::vector<Cell>& cells, int blocks) {
  std::vector<std::string> populations, detectors;
  for (const Cell& c : cells) {
    if (std::find(populations.begin(), populations.end(), c.population) == populations.end())
      populations.push_back(c.population);
  }
  for (const std::string& population : populations) {
    fmt::print("\n{} devices, stage of {} blocks: share rejected\n", population, blocks);
    std::string behaviour;
    bool first = true;
    for (const Cell& c : cells) {
      if (c.population != population || c.blocks.size() != blocks) continue;
      if (c.behaviour != behaviour) {
        fmt::print("{}{:<18}", first ? "" : "\n", c.behaviour);
        behaviour = c.behaviour;
        first = false;
      }
      fmt::print(" {}={:.2f}", c.detector, c.rate());
    }
    fmt::print("\n");
  }
}

}  // namespace

std::vector<std::string> standard_protocols() {
  return {"policy = \"toploc\"",
          "policy = \"activation_difr\"",
          "policy = \"activation_difr\"\ndepth = \"uniform\"",
          "policy = \"activation_difr\"\ndepth = \"shallow\"",
          "policy = \"activation_difr\"\ndepth = \"first\"",
          "policy = \"token_difr\"",
          "policy = \"cdv\"",
          "policy = \"redundancy\"",
          "policy = \"freivalds\"",
          "policy = \"freivalds\"\nfield = \"int8\"",
          "policy = \"hash_challenge\"",
          "policy = \"sampling\"",
          "policy = \"refereed\"",
          "policy = \"tee\""};
}

int calibrate_detection(DetectionArguments a, const Ranks& ranks) {
  if (!a.plan.empty()) read_plan(a);
  check_enough(a);
  detection::Lab lab;
  lab.model = open_model(a.model);
  lab.text = a.text.empty() ? std::string(data::fact("model/heldout.txt")) : read_file(a.text);
  const int layers = lab.model->config().layers;
  lab.plan = make_plan(a, layers);
  const std::string name = !a.name.empty()   ? a.name
                           : a.model.empty() ? "embedded"
                                             : std::filesystem::path(a.model).stem().string();
  sim::Context context;
  context.comm = ranks.comm();
  context.threads = a.threads;
  const auto samples = detection::measure(lab, context, [](double done) {
    fmt::print(stderr, "\rcalibrate detection: {:.0f} %", 100 * done);
    std::fflush(stderr);
  });
  if (context.rank() > 0) return 0;
  fmt::print(stderr, "\n");
  const std::vector<Cell> cells = detection::rates(samples, lab.plan, a.fpr);
  const std::string conditions = fmt::format(
      "model = \"{}\"\nfpr = {}\nhonest = {}\ncheats = {}\nprompt = {}\ngenerated = {}\ntemperature = {}\n", name,
      a.fpr, lab.plan.honest, lab.plan.cheats, lab.plan.prompt, lab.plan.generated, lab.plan.temperature);
  std::vector<Row> rows;
  for (const Cell& c : cells) rows.push_back(row_of(c, static_cast<int>(rows.size()), conditions));
  add_quality(rows, samples);
  if (!a.out.empty()) {
    OutputFile file(a.out, "an Orrery results file", is_results_file);
    file.commit(results_image(a.plan.empty() ? conditions : read_file(a.plan), rows));
  }
  if (!a.table.empty()) {
    std::string note =
        "# Measured rates of detection: of so many requests so many were rejected. Written by\n#   orrery calibrate "
        "detection, program version " +
        std::string(version()) + ", with\n";
    for (std::size_t at = 0; at < conditions.size();) {
      const std::size_t end = conditions.find('\n', at);
      note += "#   " + conditions.substr(at, end - at) + "\n";
      at = end + 1;
    }
    note +=
        "# thresholds: -1 for a published rule. rejected: -1 where a protocol does not apply.\n"
        "# A behaviour is not listed where it does nothing but honest work on a stage of that size.\n";
    OutputFile file(a.table, "a detection table", [](const std::string& path) {
      return read_file(path).starts_with("# Measured rates of detection");
    });
    file.commit(detection::write_table(note, name, layers, lab.plan, cells));
  }
  for (const sim::BlockSpan span : lab.plan.spans) print_matrix(cells, span.size());
  return 0;
}

}  // namespace orrery::experiments
