#include "sim/serving/live_run.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "sim/execution/live/wall.hpp"
#include "sim/serving/cast.hpp"
#include "sim/serving/live_mail.hpp"
#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {
namespace {

// What rank 0 knows by itself; the rest would need nodes' records.
constexpr std::array<std::string_view, 21> seen_by_clients{
    "requests_total",   "requests_served",   "requests_failed", "requests_rejected", "ttft_p50",
    "ttft_p95",         "ttft_p99",          "inter_token_p50", "inter_token_p95",   "inter_token_p99",
    "latency_p50",      "latency_p95",       "latency_p99",     "goodput",           "goodput_share",
    "tokens_delivered", "throughput_tokens", "failovers",       "recovery_time_p50", "recovery_time_p95",
    "replayed_tokens"};

RunResult seen(const Cast& cast, Time end, execution::Numbers& numbers) {
  const std::vector<RequestRecord> records = all_records(cast);
  RunResult result;
  for (Metric& m : make_metrics(totals(cast, end), records, end)) {
    const bool kept = std::find(seen_by_clients.begin(), seen_by_clients.end(), m.name) != seen_by_clients.end();
    if (kept) result.metrics.push_back(std::move(m));
  }
  result.requests = request_columns(records);
  result.texts = numbers.finish();
  return result;
}

void check(const Scenario& s, const Context& context) {
  VALIDATE(context.size() > 1, "execution.mode", "\"live\" needs at least two ranks",
           "rank 0 is the clients, the others are the nodes", "Start more: ./orrery -n 3 run FILE.");
  const bool plain = s.behaviour.canonical.find("\"honest\"") != std::string::npos &&
                     s.verification.canonical.find("\"none\"") != std::string::npos;
  VALIDATE(plain, "execution.mode", "\"live\" runs honest nodes that nobody audits",
           "behaviour and verification are studied in virtual time", "Leave [behaviour] and [verification] out.");
  VALIDATE(s.serving.batching == "stage", "serving.batching", "\"live\" computes a stage at once",
           "batches by layer are studied in virtual time", "Set batching = \"stage\".");
}

// How far the measurement can be trusted: with other work on the machine, ranks do not have a core while they compute.
void log_effort(const Context& context, const execution::live::LiveNumbers::Effort& own) {
  const std::array<double, 2> mine{own.clock_s, own.core_s};
  std::array<double, 2> all{};
  MPI_Reduce(mine.data(), all.data(), 2, MPI_DOUBLE, MPI_SUM, 0, context.comm);
  if (context.rank() != 0) return;
  context.log(fmt::format("computed {:.6f} s by the clock, {:.6f} s of them on a core", all[0], all[1]));
}

}  // namespace

// Every rank turns the same loop: take in what has come, do what is due, and nap when there is neither. An event that
// is handled late is handled as of the moment when it is: nothing is dated back.
RunResult run_live(const Scenario& scenario, const workload::ModelGraph& graph, const execution::WorkerSetup& setup,
                   const Context& context) {
  check(scenario, context);
  execution::live::LiveNumbers numbers(context, setup);
  const auto specs = swarm::populate(scenario.swarm, static_cast<std::uint64_t>(scenario.experiment.seed));
  LiveMail mail(context, static_cast<std::uint32_t>(specs.size()), numbers);
  Cast cast(scenario, graph, numbers, false, &mail);
  engine::Simulation& simulation = cast.simulation();
  mail.deliver_to(simulation, cast.mail());
  numbers.warm_up(context.rank() == 0 ? BlockSpan{} : BlockSpan{0, graph.block_count()});
  const execution::live::Wall wall(context);
  const Time horizon = Time::from_seconds(scenario.experiment.max_time_s);
  for (;;) {
    const bool more = mail.receive_all();
    const Time now = std::max(wall.now(), simulation.now());
    if (!more || now >= horizon || (context.rank() == 0 && cast.all_ended())) break;
    if (!simulation.step(now)) execution::live::nap();
  }
  mail.close();
  cast.finish(simulation.now());
  log_effort(context, numbers.effort());
  return context.rank() == 0 ? seen(cast, simulation.now(), numbers) : RunResult();
}

}  // namespace orrery::sim::serving
