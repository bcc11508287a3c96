// What routing cost: messages, regret, and what churn took from users.
#include <numeric>

#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {
namespace {

// Requests that churn touched (a lost part of the chain, or no route) and that missed the objective.
double good_lost(const std::vector<RequestRecord>& records, const ServingParams& serving) {
  double lost = 0;
  for (const RequestRecord& r : records) {
    const bool touched = r.failovers > 0 || r.cause == Cause::no_route;
    if (touched && !within_objective(r, serving)) ++lost;
  }
  return lost;
}

}  // namespace

std::vector<Metric> routing_report(const Totals& totals, const std::vector<RequestRecord>& records,
                                   const ServingParams& serving) {
  const std::vector<double>& regrets = totals.regrets_s;
  const double departures = totals.departures;
  double hedges = 0, hedges_won = 0, hedge_work = 0;
  for (const RequestRecord& r : records) {
    hedges += r.hedges;
    hedges_won += r.hedges_won;
    hedge_work += r.hedged;
  }
  const double requests = static_cast<double>(records.size());
  const double lost = good_lost(records, serving);
  const double undefined = exact_quantile({}, 0.5);
  const double mean_regret =
      regrets.empty() ? undefined
                      : std::accumulate(regrets.begin(), regrets.end(), 0.0) / static_cast<double>(regrets.size());
  return {
      {"control_messages_per_request", "message", "messages that carry no activations, by everybody, a request",
       totals.control_messages / requests},
      {"control_bytes_per_request", "byte", "their bytes on access links", totals.control_bytes / requests},
      {"regret_mean", "s",
       "expected completion time that first choices of a chain lost to the clairvoyant's, by the true state of the "
       "swarm (serving.measure_regret)",
       mean_regret},
      {"regret_p95", "s", "likewise", exact_quantile(regrets, 0.95)},
      {"hedges", "1", "second chains that were asked for a prompt (routing.hedged)", hedges},
      {"hedges_won", "1", "of these, such as went on with their request", hedges_won},
      {"hedge_tokens", "block x token", "work of the chains that lost, as far as clients saw", hedge_work},
      {"departures", "1", "times that a node stopped serving blocks: left, crashed or moved", departures},
      {"goodput_lost_per_departure", "request",
       "requests that lost a part of their chain or found no route and missed the objective, a departure; some would "
       "have missed it anyway",
       departures > 0 ? lost / departures : undefined},
  };
}

}  // namespace orrery::sim::serving
