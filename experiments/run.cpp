#include "experiments/run.hpp"

#include <chrono>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "experiments/attempt.hpp"
#include "experiments/files.hpp"
#include "experiments/points.hpp"
#include "experiments/progress.hpp"
#include "experiments/results.hpp"
#include "experiments/run_id.hpp"
#include "experiments/show.hpp"
#include "experiments/side_log.hpp"
#include "experiments/trace.hpp"
#include "experiments/version.hpp"
#include "kernels/contract.hpp"
#include "sim/serving/run.hpp"

namespace orrery::experiments {
namespace {

using sim::serving::Scenario;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The files of a run, opened before it on rank 0 and written after it.
struct Outputs {
  std::unique_ptr<OutputFile> results, log, trace;
};

Outputs open_outputs(const RunArguments& a) {
  Outputs outputs;
  if (!a.out.empty()) {
    outputs.results = std::make_unique<OutputFile>(a.out, "an Orrery results file", is_results_file);
    outputs.log = std::make_unique<OutputFile>(a.out + ".log.json", "an Orrery log", is_side_log_file);
  }
  if (!a.trace.empty()) outputs.trace = std::make_unique<OutputFile>(a.trace, "an Orrery trace", is_trace);
  return outputs;
}

// The file that was given, so that its comments (claim, figure) stay with its numbers; of one row of a sweep, which no
// file is, the run's own text.
Origin origin_of(const ScenarioSource& source, const Row& row) {
  if (scenario_root(source).find("sweep")) return {row.scenario, "", ""};
  std::string changes;
  for (const std::string& change : source.changes) changes += change + "\n";
  if (source.seed) changes += fmt::format("experiment.seed={}\n", *source.seed);
  return {source.text, changes, ""};
}

void write_outputs(Outputs& outputs, const Row& row, const Origin& origin, const SideLog& log) {
  if (outputs.results) {
    ResultsBuilder builder;
    builder.add(row);
    outputs.results->commit(builder.image(origin));
  }
  if (outputs.log) outputs.log->commit(side_log_json(log));
  if (outputs.trace) outputs.trace->commit(trace_json(row.result.trace));
}

}  // namespace

int run_scenario(const RunArguments& a, const Ranks& ranks) {
  const std::string text = ranks.on_root([&] { return read_file(a.scenario); });
  const ScenarioSource source{a.scenario, text, a.changes, a.seed};
  const Scenario scenario = a.read(source);
  Outputs outputs;
  ranks.on_root([&] {
    outputs = open_outputs(a);
    return std::string();
  });

  Row row{run_id(scenario.canonical()), scenario.canonical(), Status::done, "", points_of(scenario), {}};
  SideLog log{row.id, a.command, ranks.size(), a.threads, 0, {}};
  const bool talks = ranks.speaks() && !a.quiet;
  if (talks) {
    fmt::print(stderr, "orrery {} ({}), {} ranks x {} threads, seed {}, run {}\n", version(), commit(), ranks.size(),
               a.threads, scenario.experiment.seed, row.id);
  }

  const double start = seconds_now();
  std::unique_ptr<Progress> progress;
  if (talks && ::isatty(STDERR_FILENO)) {
    progress = std::make_unique<Progress>(
        [](std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stderr); }, seconds_now);
  }
  sim::Context context{ranks.comm(), a.threads, [&](std::string_view line) {
                         log.lines.emplace_back(line);
                         if (talks) fmt::print(stderr, "{}\n", line);
                       }};
  sim::serving::RunOptions options{!a.trace.empty(), {}};
  if (progress) options.progress = [&](double fraction, sim::Time now) { progress->update(fraction, now); };
  const Ranks::Outcome outcome = attempt(scenario, context, options, ranks, row.result);
  progress.reset();
  log.wall_s = seconds_now() - start;
  if (outcome.code == 2) throw InputError(with_place(outcome.message, source));

  ranks.on_root([&] {
    if (outcome.code != 0) {
      row.status = Status::failed;
      row.reason = outcome.message;
      row.result = {};
      fmt::print(stderr, "failed {}: {}\n", row.id, row.reason);
    } else {
      fmt::print("{}", metrics_text(row.result.metrics));
    }
    write_outputs(outputs, row, origin_of(source, row), log);
    return std::string();
  });
  return outcome.code;
}

}  // namespace orrery::experiments
