#include "experiments/bench_scale.hpp"

#include <cmath>
#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <malloc.h>

#include "experiments/bench_json.hpp"
#include "experiments/bench_table.hpp"
#include "sim/config/toml.hpp"
#include "sim/fleet/fleet.hpp"

namespace orrery::experiments {
namespace {

// What every row must reach.
constexpr double least_events_s = 2e6, most_bytes_node = 300, most_request_growth = 2;
// Share of the nodes that have to leave while the run is measured: else it would say nothing about churn.
constexpr double least_left = 0.01;
// Share of the requests that have to run at once: a swarm that is done with the first when the last come has no load.
constexpr double least_at_once = 0.9;

// Consumers' machines all over the world whose sessions are those of Skype's super-peers, fifty times as short so that
// many end within the run; and one request running for every `nodes_a_request` of them: those arrive within two seconds
// and take longer.
constexpr int nodes_a_request = 10;
sim::serving::Scenario scenario(int nodes) {
  const std::string toml =
      fmt::format(R"(
[model]
name = "llama-3-8b"
weights = "bf16"
[rebalancing]
policy = "never"
[swarm]
form = "large"
nodes = {}
lifetime = "skype06"
time_scale = 0.02
announce_period_s = 30
[workload]
requests = {}
rate = {}
clients = {}
prompt_tokens = 128
output_tokens = 32
)",
                  nodes, nodes / nodes_a_request, nodes / (2 * nodes_a_request), std::max(1, nodes / 100));
  return sim::serving::Scenario::read(sim::config::parse_toml(toml, "bench scale"));
}

struct Measured {
  double build_s = 0, run_s = 0, events = 0, requests = 0, served = 0, running = 0, bytes = 0, departures = 0, huge = 0;
  std::uint64_t hash = 0;
};

// What the verdict on a row of the table says.
bool reached(const Measured& m, int nodes) {
  const bool fast = m.events / m.run_s >= least_events_s;
  const bool small = m.bytes / nodes <= most_bytes_node || nodes < 1'000'000;
  const bool churned = m.departures >= least_left * nodes;
  const bool loaded = m.running >= least_at_once * nodes / nodes_a_request;
  return fast && small && churned && loaded;
}

double metric(const sim::RunResult& result, const std::string& name) {
  for (const sim::Metric& m : result.metrics) {
    if (m.name == name) return m.value;
  }
  return std::nan("");
}

Measured measure(int nodes, sim::engine::EventSet set) {
  malloc_trim(0);
  Measured m;
  const double empty = resident_bytes();
  const sim::serving::Scenario s = scenario(nodes);
  const sim::workload::ModelGraph model = sim::workload::graph(s.model);
  double begin = process_cpu_s();
  sim::fleet::Fleet fleet(s, model, set);
  m.build_s = process_cpu_s() - begin;
  begin = process_cpu_s();
  const sim::Time end = fleet.run({});
  m.run_s = process_cpu_s() - begin;
  m.bytes = resident_bytes() - empty;  // nothing that the run took has been given back
  m.huge = huge_page_bytes() / resident_bytes();
  m.hash = fleet.state_hash();
  const sim::RunResult result = fleet.result(end);
  m.events = metric(result, "events");
  m.requests = metric(result, "requests_total");
  m.served = metric(result, "requests_served");
  m.running = metric(result, "requests_running_max");
  m.departures = metric(result, "departures");
  // Every request has ended, once, and with one of the ways to end.
  const double ended = m.served + metric(result, "requests_failed") + metric(result, "requests_rejected");
  if (ended != m.requests || m.requests != static_cast<double>(fleet.expected()) ||
      fleet.clients().running().count() != 0) {
    throw RunError(fmt::format("{} of {} requests ended", ended, fleet.expected()));
  }
  return m;
}

}  // namespace

int bench_scale(bool quick, const std::string& json) {
  std::vector<int> sizes{10'000, 100'000};
  if (!quick) sizes.push_back(1'000'000);
  fmt::print(
      "A swarm with churn (sessions of Skype's super-peers, fifty times as short), announcements, routing and "
      "requests on one core;\nmust: {:.0f} M events/s, {:.0f} bytes a node, {:.0f} % of the nodes leave, "
      "{:.0f} requests at once for every 100 nodes,\nCPU a request within {:.0f} x of the cheapest.\n",
      least_events_s * 1e-6, most_bytes_node, 100 * least_left, 100 * least_at_once / nodes_a_request,
      most_request_growth);
  fmt::print("{:>9} {:>9} {:>9} {:>11} {:>7} {:>10} {:>12} {:>12} {:>9} {:>5} {:>8}  {}\n", "nodes", "requests",
             "at once", "events", "left", "build s", "M events/s", "us/request", "B/node", "huge", "served", "verdict");
  std::vector<BenchResult> results;
  double cheapest = 0;
  bool all = true;
  // The largest first: memory is read as growth of the process, which is then young.
  for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) {
    const Measured m = measure(*size, sim::engine::EventSet::radix_heap);
    const double rate = m.events / m.run_s, request_s = m.run_s / m.requests, bytes = m.bytes / *size;
    const bool met = reached(m, *size);
    cheapest = cheapest == 0 ? request_s : std::min(cheapest, request_s);
    all = all && met && m.served >= 0.95 * m.requests;
    fmt::print(
        "{:>9} {:>9.0f} {:>9.0f} {:>11.0f} {:>7.0f} {:>10.2f} {:>12.2f} {:>12.1f} {:>9.1f} {:>5.2f} {:>8.4f}  {}\n",
        *size, m.requests, m.running, m.events, m.departures, m.build_s, rate * 1e-6, request_s * 1e6, bytes, m.huge,
        m.served / m.requests, met ? "met" : "MISSED");
    std::fflush(stdout);
    results.push_back({fmt::format("scale/{}", *size),
                       m.run_s,
                       {{"events_per_second", rate},
                        {"cpu_s_per_request", request_s},
                        {"bytes_per_node", bytes},
                        {"requests_at_once", m.running},
                        {"departures", m.departures}}});
  }
  double dearest = 0;
  for (const BenchResult& r : results) dearest = std::max(dearest, r.counters[1].second);
  const bool flat = dearest <= most_request_growth * cheapest;
  all = all && flat;
  fmt::print("CPU a request: {:.2f} x between the sizes (must be at most {:.0f})  {}\n", dearest / cheapest,
             most_request_growth, flat ? "met" : "MISSED");
  // The answer: another event set goes through the same events to the same state.
  const Measured radix = measure(10'000, sim::engine::EventSet::radix_heap);
  const Measured binary = measure(10'000, sim::engine::EventSet::binary_heap);
  const bool same = radix.hash == binary.hash && radix.events == binary.events;
  fmt::print("state of 10,000 nodes after {:.0f} events: radix heap {:016x}, binary heap {:016x}  {}\n", radix.events,
             radix.hash, binary.hash, same ? "the same" : "DIFFERENT: this is a bug");
  fmt::print(
      "Bytes a node: growth of resident memory over the whole run, requests and events included; asked of the "
      "million.\nHuge: share of resident memory on huge pages at the end; with little of it, every event waits for "
      "page walks.\nReference: ROSS 8.1 takes 1.2 KB an LP, SimGrid 3.32 2.8 KB a host (2.5 GHz Cascade Lake).\n");
  if (!json.empty()) write_bench_json(json, "orrery bench scale", results);
  return all && same ? 0 : 1;
}

}  // namespace orrery::experiments
