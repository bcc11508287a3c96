// From what entities wrote down to named numbers.
#pragma once

#include <map>

#include "sim/coins.hpp"
#include "sim/results.hpp"
#include "sim/serving/cast.hpp"

namespace orrery::sim::serving {

// Everything but the texts. Checks what must hold in every run (each request ended exactly once, no mail left behind by
// somebody who ended) and throws RunError where it does not.
RunResult summarise(const Cast& cast, Time end);

// The parts of it.
std::vector<RequestRecord> all_records(const Cast& cast);  // by request id
std::vector<Metric> make_metrics(const Cast& cast, const std::vector<RequestRecord>& records, Time end);
// What happened on the chain: users lock the price of a request when they ask, pay for what they got when it and its
// audits have ended, and each epoch the incentive policy divides what came in. Worked out after the run, block by block
// of its virtual time: no node knows its income while it serves. A node that took a new name is a newcomer from the
// next settlement on, with a new deposit; the old one stays behind. RunError if coins are not conserved.
struct Settled {
  std::vector<Metric> metrics;
  std::vector<MicroCoins> income, slashed;      // by node, under all its names
  std::map<std::uint32_t, MicroCoins> charged;  // by request
};
Settled settle(const Cast& cast, const std::vector<RequestRecord>& records, Time end);
// Who was audited and found, what went through unseen, and what looking cost. Not defined (NaN) where nobody looked or
// nobody cheated.
std::vector<Metric> audit_report(const Cast& cast, const std::vector<RequestRecord>& records, const Settled& settled);
// What the honest model says about the texts that were served (execution.review_texts), by request id: metrics and
// columns, not defined (NaN) where nobody asked it.
void add_reviews(RunResult& result, const std::vector<execution::Review>& reviews);
// Control messages, regret, and what departures cost.
std::vector<Metric> routing_report(const Cast& cast, const std::vector<RequestRecord>& records);
std::vector<Column> request_columns(const std::vector<RequestRecord>& records);
std::vector<Column> timeline_columns(const Cast& cast, Time end);

// Nearest-rank quantile of unsorted values; NaN if there are none.
double exact_quantile(std::vector<double> values, double q);

}  // namespace orrery::sim::serving
