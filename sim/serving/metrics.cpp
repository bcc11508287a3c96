#include "sim/serving/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace orrery::sim::serving {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

void add_quantiles(std::vector<Metric>& list, const std::string& name, const std::string& what,
                   const std::function<double(double)>& quantile) {
  for (const auto& [suffix, q] : {std::pair{"p50", 0.50}, {"p95", 0.95}, {"p99", 0.99}}) {
    list.push_back({name + "_" + suffix, "s", what, quantile(q)});
  }
}

void add_placement(std::vector<Metric>& m, const PlacementReport& p) {
  m.push_back({"placement_flow", "token/s", "what the first placement carries, prompts' tokens included", p.flow});
  m.push_back({"placement_bound", "token/s", "no placement of these nodes carries more", p.bound});
  m.push_back({"placement_gap", "1", "share of the bound that the first placement leaves", p.gap});
  m.push_back({"placement_chain", "token/s", "the best single chain of the first placement", p.chain});
  m.push_back({"placement_chain_gap", "1",
               "share of the best single chain there is (exact, sharding.dp) that this one leaves; not a number where "
               "finding it takes too long",
               p.chain_gap});
  m.push_back({"placement_nodes", "node", "nodes that the first placement uses", static_cast<double>(p.serving)});
  m.push_back({"placement_covered", "block", "blocks that it covers", static_cast<double>(p.covered)});
  m.push_back(
      {"bottleneck_block", "1", "the block whose nodes' rates add up to the least", static_cast<double>(p.bottleneck)});
  m.push_back({"bottleneck_rate", "token/s", "what they add up to", p.bottleneck_rate});
  m.push_back({"placement_bytes_per_token", "byte", "activations moved for a token along the flow", p.bytes_per_token});
  m.push_back({"smallest_useful_memory", "byte", "memory of the smallest node without which the flow would be smaller",
               p.smallest_useful_bytes});
}

void add_lookups(std::vector<Metric>& m, const Cast& cast, const std::vector<RequestRecord>& records, Time end) {
  std::vector<double> lookups;
  double share = 0, answered = 0;
  for (const RequestRecord& r : records) {
    if (r.lookup_s < 0) continue;
    lookups.push_back(r.lookup_s);
    if (r.ttft_s <= 0) continue;
    share += r.lookup_s / r.ttft_s;
    ++answered;
  }
  add_quantiles(m, "lookup", "time from arrival to the passages that go into the prompt",
                [&](double q) { return exact_quantile(lookups, q); });
  m.push_back({"lookup_share_of_ttft", "1", "of the time to the first token, mean over requests that had one",
               answered > 0 ? share / answered : undefined});
  m.push_back({"retriever_utilisation", "1", "share of the run in which the server of passages was busy",
               cast.retriever() ? cast.retriever()->busy_s() / end.seconds() : undefined});
}

Column charges(const std::vector<RequestRecord>& records, const Settled& settled) {
  Column c{"charged", "coin", "what its user paid for it, whatever it was worth", {}};
  for (const RequestRecord& r : records) c.values.push_back(coins(settled.charged.at(r.request.id.index())));
  return c;
}

// Verdicts, as the incentive policy will see them: one for each node whose work was looked at.
void add_audits(const Cast& cast, std::vector<RequestRecord>& records) {
  for (const AuditCase& audit : cast.auditor()->cases()) {
    if (!audit.concluded()) continue;
    const auto same = [&audit](const RequestRecord& r) { return r.request.id == audit.claim().request; };
    const auto record = std::partition_point(
        records.begin(), records.end(), [&](const RequestRecord& r) { return r.request.id < audit.claim().request; });
    if (record == records.end() || !same(*record)) throw RunError("an audit of a request that never ended");
    const std::vector<Audited> parts = audited_parts(audit, cast.audits().params().device_price);
    record->audits.insert(record->audits.end(), parts.begin(), parts.end());
  }
}

double total(const std::vector<std::unique_ptr<Client>>& clients, Series series) {
  double sum = 0;
  for (const auto& c : clients) {
    for (double x : c->record().bins(series)) sum += x;
  }
  return sum;
}

}  // namespace

double exact_quantile(std::vector<double> values, double q) {
  if (values.empty()) return undefined;
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * static_cast<double>(values.size()))));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank - 1), values.end());
  return values[rank - 1];
}

std::vector<RequestRecord> all_records(const Cast& cast) {
  std::map<std::uint32_t, const RequestRecord*> by_id;
  for (const auto& client : cast.clients()) {
    for (const RequestRecord& r : client->records()) {
      if (!by_id.emplace(r.request.id.index(), &r).second) {
        throw RunError("request " + std::to_string(r.request.id.index()) + " ended twice");
      }
    }
  }
  std::vector<RequestRecord> list;
  list.reserve(by_id.size());
  for (const auto& [id, record] : by_id) list.push_back(*record);
  if (cast.auditor()) add_audits(cast, list);
  return list;
}

Totals totals(const Cast& cast, Time end) {
  Totals t;
  const auto count = [&t](const Peer& peer) {
    t.bytes += peer.port().sent().value();
    t.failover_bytes += peer.failover_bytes().value();
    t.control_messages += static_cast<double>(peer.control_messages_sent());
    t.control_bytes += peer.control_bytes_sent().value();
  };
  for (const auto& client : cast.clients()) {
    t.inter_token.add(client->inter_token());
    t.recoveries_s.insert(t.recoveries_s.end(), client->recoveries_s().begin(), client->recoveries_s().end());
    t.regrets_s.insert(t.regrets_s.end(), client->regrets_s().begin(), client->regrets_s().end());
    t.claims += static_cast<double>(client->claims());
  }
  for (const auto& node : cast.nodes()) {
    for (double x : node->record().bins(Series::busy)) t.busy_s += x;
    for (double x : node->record().bins(Series::live)) t.live_s += x;
    t.online_s += node->online_s(end);
    t.block_tokens += node->block_tokens();
    t.evictions += static_cast<double>(node->evictions());
    t.moves += static_cast<double>(node->moves());
    t.departures += static_cast<double>(node->departures());
    t.moving_s.insert(t.moving_s.end(), node->moving_times_s().begin(), node->moving_times_s().end());
    count(*node);
  }
  for (const auto& client : cast.clients()) count(*client);
  count(cast.registrar());
  if (cast.retriever()) count(*cast.retriever());
  t.good = total(cast.clients(), Series::good);
  t.events = static_cast<double>(cast.simulation().statistics().handled);
  return t;
}

std::vector<Metric> make_metrics(const Totals& t, const std::vector<RequestRecord>& records, Time end) {
  std::vector<double> ttft, latency;
  std::map<Cause, int> causes;
  double served = 0, rejected = 0, tokens = 0, failovers = 0, replayed = 0, restored = 0, latest = 0;
  double skipped = 0;
  for (const RequestRecord& r : records) {
    tokens += static_cast<double>(r.output);
    failovers += r.failovers;
    replayed += static_cast<double>(r.replayed);
    restored += static_cast<double>(r.restored);
    skipped += static_cast<double>(r.skipped);
    if (r.ttft_s >= 0) ttft.push_back(r.ttft_s);
    if (r.latency_s >= 0) latest = std::max(latest, r.request.arrival.seconds() + r.latency_s);
    if (r.status == Status::served) {
      ++served;
      latency.push_back(r.latency_s);
    } else {
      ++causes[r.cause];
      if (r.status == Status::rejected) ++rejected;
    }
  }
  const double seconds = latest > 0 ? latest : end.seconds();
  const double all = static_cast<double>(records.size());

  std::vector<Metric> m;
  m.push_back({"requests_total", "request", "requests that arrived", all});
  m.push_back({"requests_served", "request", "requests whose every token reached the user", served});
  m.push_back({"requests_failed", "request", "requests that ended without all their tokens", all - served - rejected});
  m.push_back({"requests_rejected", "request", "requests that were never admitted: no route or no memory", rejected});
  for (Cause cause : {Cause::no_route, Cause::no_memory, Cause::too_many_failures, Cause::timed_out, Cause::horizon}) {
    m.push_back({std::string("failed_") + name(cause), "request", "failed or rejected requests of this cause",
                 static_cast<double>(causes[cause])});
  }
  add_quantiles(m, "ttft", "time from arrival to the first token", [&](double q) { return exact_quantile(ttft, q); });
  add_quantiles(m, "inter_token", "time between consecutive tokens of a request, within 0.5 %",
                [&](double q) { return t.inter_token.quantile(q); });
  add_quantiles(m, "latency", "time from arrival to the last token of served requests",
                [&](double q) { return exact_quantile(latency, q); });
  m.push_back({"goodput", "request/s", "requests served within the objective, per second until the last one ended",
               t.good / seconds});
  m.push_back({"goodput_share", "1", "share of all requests served within the objective", t.good / all});
  m.push_back({"tokens_delivered", "token", "tokens that reached users", tokens});
  m.push_back(
      {"throughput_tokens", "token/s", "tokens delivered per second until the last request ended", tokens / seconds});
  m.push_back({"utilisation", "1", "share of the time nodes served that they computed",
               t.live_s > 0 ? t.busy_s / t.live_s : undefined});
  m.push_back({"nodes_online_mean", "node", "nodes on line, averaged over time", t.online_s / end.seconds()});
  m.push_back({"bytes_moved", "byte",
               "bytes put on access links by nodes, clients, the directory and the server of passages", t.bytes});
  m.push_back({"block_tokens", "block x token", "work that nodes delivered", t.block_tokens});
  m.push_back({"failovers", "1", "lost parts of chains that were replaced or given up", failovers});
  m.push_back({"recovery_time_p50", "s", "time from noticing a loss to the chain's next output",
               exact_quantile(t.recoveries_s, 0.5)});
  m.push_back({"recovery_time_p95", "s", "time from noticing a loss to the chain's next output",
               exact_quantile(t.recoveries_s, 0.95)});
  m.push_back(
      {"replayed_tokens", "token", "positions computed again because of a loss, or for want of caches", replayed});
  m.push_back({"restored_tokens", "token", "positions whose KV entries came from copies", restored});
  m.push_back({"prefix_tokens_skipped", "token",
               "positions of prompts that nobody computed: the chain held them as a prefix", skipped});
  m.push_back(
      {"failover_bytes", "byte", "copies of KV caches, their restoration, and inputs sent again", t.failover_bytes});
  m.push_back({"evictions", "session", "sessions evicted for want of KV memory", t.evictions});
  m.push_back({"moves", "1", "nodes that moved to other blocks", t.moves});
  m.push_back({"reconfiguration_time_p50", "s", "time from giving up blocks to serving others, of completed moves",
               exact_quantile(t.moving_s, 0.5)});
  m.push_back({"reconfiguration_time_p95", "s", "time from giving up blocks to serving others, of completed moves",
               exact_quantile(t.moving_s, 0.95)});
  m.push_back({"reconfiguration_time_sum", "s", "node time spent moving, of completed moves",
               std::accumulate(t.moving_s.begin(), t.moving_s.end(), 0.0)});
  m.push_back({"claims", "1", "executors' claims put before the verification policy", t.claims});
  m.push_back({"duration", "s", "virtual time at the end of the run", end.seconds()});
  m.push_back({"events", "1", "events the engine handled", t.events});
  return m;
}

std::vector<Column> request_columns(const std::vector<RequestRecord>& records) {
  std::vector<Column> columns;
  const auto column = [&](const char* name, const char* unit, const char* what, auto&& value) {
    Column c{name, unit, what, {}};
    c.values.reserve(records.size());
    for (const RequestRecord& r : records) c.values.push_back(static_cast<double>(value(r)));
    columns.push_back(std::move(c));
  };
  const auto defined = [](double x) { return x >= 0 ? x : undefined; };
  column("id", "1", "request", [](const RequestRecord& r) { return r.request.id.index(); });
  column("client", "1", "client that asked", [](const RequestRecord& r) { return r.request.client.index(); });
  column("arrival", "s", "when it arrived", [](const RequestRecord& r) { return r.request.arrival.seconds(); });
  column("status", "1", "0 served, 1 failed, 2 rejected",
         [](const RequestRecord& r) { return static_cast<int>(r.status); });
  column("cause", "1", "0 none, 1 no_route, 2 no_memory, 3 too_many_failures, 4 timed_out, 5 horizon",
         [](const RequestRecord& r) { return static_cast<int>(r.cause); });
  column("prompt_tokens", "token", "tokens of the prompt", [](const RequestRecord& r) { return r.request.prompt; });
  column("output_tokens", "token", "tokens the user received", [](const RequestRecord& r) { return r.output; });
  column("ttft", "s", "arrival to first token", [&](const RequestRecord& r) { return defined(r.ttft_s); });
  column("latency", "s", "arrival to the end", [&](const RequestRecord& r) { return defined(r.latency_s); });
  column("inter_token_mean", "s", "mean time between tokens", [](const RequestRecord& r) {
    return r.output > 1 ? r.first_to_last_s / static_cast<double>(r.output - 1) : undefined;
  });
  column("failovers", "1", "lost parts of the chain", [](const RequestRecord& r) { return r.failovers; });
  column("recovery_time", "s", "spent recovering", [](const RequestRecord& r) { return r.recovery_s; });
  column("replayed_tokens", "token", "positions recomputed", [](const RequestRecord& r) { return r.replayed; });
  column("restored_tokens", "token", "positions restored from copies of KV caches",
         [](const RequestRecord& r) { return r.restored; });
  column("hops", "node", "legs of the last chain", [](const RequestRecord& r) { return r.legs; });
  return columns;
}

RunResult summarise(const Cast& cast, Time end) {
  const std::vector<RequestRecord> records = all_records(cast);
  // A closed loop that the horizon cuts short has turns that never began; of an open loop every request has arrived or
  // is still to come, and is listed only if it arrived.
  if (records.size() > cast.expected()) throw RunError("more requests ended than were asked");
  RunResult result;
  const Totals sums = totals(cast, end);
  result.metrics = make_metrics(sums, records, end);
  if (cast.placement()) add_placement(result.metrics, *cast.placement());
  if (cast.scenario().workload.kind == "rag") add_lookups(result.metrics, cast, records, end);
  for (Metric& m : routing_report(sums, records, cast.scenario().serving)) result.metrics.push_back(std::move(m));
  const Settled settled = settle(cast, records, end);
  result.metrics.insert(result.metrics.end(), settled.metrics.begin(), settled.metrics.end());
  for (Metric& m : audit_report(cast, records, settled)) result.metrics.push_back(std::move(m));
  result.requests = request_columns(records);
  result.requests.push_back(charges(records, settled));
  result.timeline = timeline_columns(cast, end);
  const auto collect = [&result](const std::string& track, const Recorder& record) {
    for (TraceSpan span : record.spans()) {
      span.track = track;
      result.trace.push_back(std::move(span));
    }
  };
  for (std::size_t i = 0; i < cast.nodes().size(); ++i) collect("node " + std::to_string(i), cast.nodes()[i]->record());
  for (std::size_t i = 0; i < cast.clients().size(); ++i) {
    collect("client " + std::to_string(i), cast.clients()[i]->record());
  }
  return result;
}

}  // namespace orrery::sim::serving
