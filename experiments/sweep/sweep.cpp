#include "experiments/sweep/sweep.hpp"

#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "experiments/attempt.hpp"
#include "experiments/files.hpp"
#include "experiments/progress.hpp"
#include "experiments/side_log.hpp"
#include "experiments/sweep/plan.hpp"
#include "experiments/version.hpp"
#include "kernels/contract.hpp"

namespace orrery::experiments::sweep {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Every row, still to do: all scenarios are read before anything runs.
std::vector<Row> plan_rows(const Plan& plan) {
  std::vector<Row> rows;
  rows.reserve(plan.rows());
  std::vector<std::string> ids;
  for (std::size_t point = 0; point < plan.points(); ++point) {
    for (std::int64_t replica = 0; replica < plan.params().replicas; ++replica) {
      rows.push_back(plan.row(plan.scenario(point, replica), point, replica));
      ids.push_back(rows.back().id);
    }
  }
  check_distinct(plan, ids);
  return rows;
}

void run_row(Row& row, const Plan& plan, const SweepArguments& a, const Ranks& ranks) {
  const auto point = static_cast<std::size_t>(row.point_number);
  const sim::serving::Scenario scenario = plan.scenario(point, row.replica);
  const sim::Context context{ranks.comm(), a.threads};
  const Ranks::Outcome outcome = attempt(scenario, context, {}, ranks, row.result);
  row.status = outcome.code == 0 ? Status::done : Status::failed;
  row.reason = outcome.code == 2 ? plan.with_point(outcome.message, point) : outcome.message;
  if (row.status == Status::failed) row.result = {};
  if (!plan.params().series) row.result.timeline.clear();
  if (!plan.params().requests) {
    row.result.requests.clear();
    row.result.texts.clear();
  }
}

int list_failures(const std::vector<Row>& rows) {
  int code = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].status != Status::failed) continue;
    fmt::print(stderr, "failed row {} ({}): {}\n", i, rows[i].id, rows[i].reason);
    code = 1;
  }
  return code;
}

}  // namespace

int run_sweep(const SweepArguments& a, const Ranks& ranks) {
  const std::string text = ranks.on_root([&] { return read_file(a.scenario); });
  const Plan plan({a.scenario, text, a.changes, a.seed});
  std::vector<Row> rows = plan_rows(plan);
  std::unique_ptr<OutputFile> results, log_file;
  ranks.on_root([&] {
    if (a.out.empty()) return std::string();
    results = std::make_unique<OutputFile>(a.out, "an Orrery results file", is_results);
    log_file = std::make_unique<OutputFile>(a.out + ".log.json", "an Orrery log", is_side_log);
    return std::string();
  });
  const bool talks = ranks.speaks() && !a.quiet;
  if (talks) {
    fmt::print(stderr, "orrery {} ({}), {} ranks x {} threads, {} points x {} replicas\n", version(), commit(),
               ranks.size(), a.threads, plan.points(), plan.params().replicas);
  }
  SideLog log{rows.front().id, a.command, ranks.size(), a.threads, 0, {}};
  const double start = seconds_now();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    run_row(rows[i], plan, a, ranks);
    if (talks) fmt::print(stderr, "{} of {} runs, {:.1f} s\n", i + 1, rows.size(), seconds_now() - start);
  }
  log.wall_s = seconds_now() - start;
  int code = 0;
  ranks.on_root([&] {
    code = list_failures(rows);
    if (results) results->commit(results_image(text, rows, a.changes));
    if (log_file) log_file->commit(side_log_json(log));
    return std::string();
  });
  return ranks.settle({code, ""}).code;
}

}  // namespace orrery::experiments::sweep
