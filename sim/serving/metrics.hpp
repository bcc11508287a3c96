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
// What a run adds up over its entities, whatever these are.
struct Totals {
  Sketch inter_token;
  std::vector<double> recoveries_s, moving_s, regrets_s;
  double claims = 0, busy_s = 0, live_s = 0, online_s = 0, bytes = 0, block_tokens = 0, evictions = 0, moves = 0;
  double failover_bytes = 0, good = 0, control_messages = 0, control_bytes = 0, departures = 0, events = 0;
};
Totals totals(const Cast& cast, Time end);
std::vector<Metric> make_metrics(const Totals& totals, const std::vector<RequestRecord>& records, Time end);
// What happened on the chain: users lock the price of a request when they ask, pay for what they got when it and its
// audits have ended, and each epoch the incentive policy divides what came in. Worked out after the run, block by block
// of its virtual time: no node knows its income while it serves. A node that took a new name is a newcomer from the
// next block on: its owner pays another deposit and ledger.identity_fee. What audits find about the old name's claims
// is still held against that, whose deposit can be slashed for ledger.unbonding_s. RunError if coins are not conserved.
struct Settled {
  std::vector<Metric> metrics;
  std::vector<MicroCoins> income, slashed;      // by node, under all its names
  std::vector<MicroCoins> identity_fees;        // likewise, for those after the first
  std::map<std::uint32_t, MicroCoins> charged;  // by request
};
Settled settle(const Cast& cast, const std::vector<RequestRecord>& records, Time end);
// Who was audited and found, what went through unseen, and what looking cost. Not defined (NaN) where nobody looked or
// nobody cheated.
std::vector<Metric> audit_report(const Cast& cast, const std::vector<RequestRecord>& records, const Settled& settled);
// What the honest model says about the texts that were served (execution.review_texts), by request id: metrics and
// columns, not defined (NaN) where nobody asked it. What a request cost is taken from its column "charged".
void add_reviews(RunResult& result, const std::vector<execution::Review>& reviews);
// Control messages, regret, and what departures cost.
std::vector<Metric> routing_report(const Totals& totals, const std::vector<RequestRecord>& records,
                                   const ServingParams& serving);
std::vector<Column> request_columns(const std::vector<RequestRecord>& records);
std::vector<Column> timeline_columns(const Cast& cast, Time end);
// From bins of `period` seconds: sums over entities, as Series says, and how many blocks have a server in the middle of
// each.
struct Bins {
  std::vector<double> live, busy, running, tokens, served, good, failovers, covered;
};
std::vector<Column> timeline_columns(const Bins& bins, double period, Time end);
// Where `period`-long bins up to `end` have their middles.
std::vector<Time> bin_middles(double period, Time end);

// Nearest-rank quantile of unsorted values; NaN if there are none.
double exact_quantile(std::vector<double> values, double q);

}  // namespace orrery::sim::serving
