// From what the tables wrote down to named numbers: those of sim/serving, by the same functions.
#include <algorithm>

#include "sim/fleet/fleet.hpp"
#include "sim/serving/metrics.hpp"

namespace orrery::sim::fleet {
namespace {

serving::RequestRecord record_of(const Clients::Outcome& o) {
  serving::RequestRecord r;
  r.request = {RequestId(o.request), ClientId(o.client), o.arrival, o.prompt, o.wanted};
  r.status = o.status;
  r.cause = o.cause;
  r.output = o.output;
  r.ttft_s = o.ttft_s;
  r.latency_s = o.latency_s;
  r.first_to_last_s = o.first_to_last_s;
  r.failovers = o.failovers;
  r.recovery_s = o.recovery_s;
  r.replayed = o.replayed;
  r.legs = o.legs;
  return r;
}

std::vector<serving::RequestRecord> records_of(const Clients& clients) {
  std::vector<serving::RequestRecord> records;
  records.reserve(clients.outcomes().size());
  for (const Clients::Outcome& o : clients.outcomes()) records.push_back(record_of(o));
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.request.id < b.request.id; });
  for (std::size_t i = 1; i < records.size(); ++i) {
    if (records[i].request.id == records[i - 1].request.id) {
      throw RunError("request " + std::to_string(records[i].request.id.index()) + " ended twice");
    }
  }
  return records;
}

// How many blocks had a server at the given times, from the changes of that number.
std::vector<double> covered_at(const std::vector<std::pair<Time, int>>& changes, const std::vector<Time>& times) {
  std::vector<double> covered;
  std::size_t at = 0;
  int now = 0;
  for (Time time : times) {
    while (at < changes.size() && changes[at].first <= time) now = changes[at++].second;
    covered.push_back(now);
  }
  return covered;
}

}  // namespace

RunResult Fleet::result(Time end) const {
  const std::vector<serving::RequestRecord> records = records_of(clients_);
  if (records.size() > expected_) throw RunError("more requests ended than were asked");
  const Counts& c = ground_.counts;
  serving::Totals totals;
  totals.inter_token = clients_.inter_token();
  totals.recoveries_s = clients_.recoveries_s();
  totals.claims = static_cast<double>(c.claims);
  totals.busy_s = nodes_.busy().total();
  totals.live_s = nodes_.live().total();
  totals.online_s = nodes_.online().total();
  totals.bytes = c.bytes;
  totals.block_tokens = c.block_tokens;
  totals.failover_bytes = c.failover_bytes;
  for (double x : ground_.record.bins(serving::Series::good)) totals.good += x;
  totals.control_messages = c.control;
  totals.control_bytes = c.control_bytes;
  totals.departures = c.departures;
  totals.events = static_cast<double>(ground_.simulation().statistics().handled);

  RunResult result;
  result.metrics = make_metrics(totals, records, end);
  for (Metric& m : serving::routing_report(totals, records, ground_.scenario.serving)) {
    result.metrics.push_back(std::move(m));
  }
  const double samples = static_cast<double>(clients_.samples());
  result.metrics.push_back({"sample_nodes_mean", "node", "announcements in a sample that a client was sent",
                            samples > 0 ? static_cast<double>(clients_.sampled_nodes()) / samples : 0});
  result.metrics.push_back({"requests_running_max", "request", "requests between arrival and end, at most",
                            static_cast<double>(clients_.running().most())});
  result.requests = request_columns(records);
  const double period = ground_.scenario.experiment.sample_period_s;
  const auto bins = [this](serving::Series series) { return ground_.record.bins(series); };
  result.timeline = serving::timeline_columns(
      {nodes_.live().bins(), nodes_.busy().bins(), clients_.running().bins(), bins(serving::Series::tokens),
       bins(serving::Series::served), bins(serving::Series::good), bins(serving::Series::failovers),
       covered_at(nodes_.covered(), serving::bin_middles(period, end))},
      period, end);
  return result;
}

}  // namespace orrery::sim::fleet
