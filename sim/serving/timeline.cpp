// The time series of a run: entities' bins, summed in the order of their ids.
#include <algorithm>

#include "sim/serving/metrics.hpp"

namespace orrery::sim::serving {
namespace {

// Sum over entities of one series, `bins` long.
template <class Entities>
std::vector<double> sum(const Entities& entities, Series series, std::size_t bins) {
  std::vector<double> total(bins, 0.0);
  for (const auto& entity : entities) {
    const std::vector<double>& own = entity->record().bins(series);
    for (std::size_t i = 0; i < std::min(bins, own.size()); ++i) total[i] += own[i];
  }
  return total;
}

// Blocks that at least one node serves at each of the given times.
std::vector<double> covered(const Cast& cast, const std::vector<Time>& times) {
  const int blocks = cast.model().block_count();
  // Per block, the changes of its number of servers, in order of time.
  std::vector<std::vector<std::pair<Time, int>>> changes(static_cast<std::size_t>(blocks));
  for (const auto& node : cast.nodes()) {
    for (const Served& s : node->record().served()) {
      for (int b = s.blocks.begin; b < s.blocks.end; ++b) {
        changes[static_cast<std::size_t>(b)].emplace_back(s.from, 1);
        changes[static_cast<std::size_t>(b)].emplace_back(s.to, -1);
      }
    }
  }
  std::vector<double> count(times.size(), 0.0);
  for (auto& list : changes) {
    std::sort(list.begin(), list.end());
    int servers = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      while (at < list.size() && list[at].first <= times[i]) servers += list[at++].second;
      if (servers > 0) ++count[i];
    }
  }
  return count;
}

}  // namespace

std::vector<Column> timeline_columns(const Cast& cast, Time end) {
  const double period = cast.scenario().experiment.sample_period_s;
  const auto bins =
      static_cast<std::size_t>(std::max<std::int64_t>(1, (end.ns() - 1) / Duration::from_seconds(period).ns() + 1));
  std::vector<double> time(bins), width(bins);
  std::vector<Time> middle(bins);
  for (std::size_t i = 0; i < bins; ++i) {
    time[i] = period * static_cast<double>(i);
    width[i] = std::min(period, end.seconds() - time[i]);  // the last bin may be cut short
    middle[i] = Time::from_seconds(time[i] + 0.5 * width[i]);
  }
  const auto rate = [&width](std::vector<double> x) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] /= width[i];
    return x;
  };
  const std::vector<double> live = sum(cast.nodes(), Series::live, bins);
  const std::vector<double> busy = sum(cast.nodes(), Series::busy, bins);
  std::vector<double> utilisation(bins);
  for (std::size_t i = 0; i < bins; ++i) utilisation[i] = live[i] > 0 ? busy[i] / live[i] : 0;
  const auto& clients = cast.clients();
  std::vector<Column> columns;
  columns.push_back({"time", "s", "beginning of the bin", time});
  columns.push_back({"live_nodes", "node", "nodes serving blocks, averaged over the bin", rate(live)});
  columns.push_back(
      {"covered_blocks", "block", "blocks with a server in the middle of the bin", covered(cast, middle)});
  columns.push_back({"running_requests", "request", "requests between arrival and end, averaged",
                     rate(sum(clients, Series::running, bins))});
  columns.push_back(
      {"goodput", "request/s", "requests served within the objective", rate(sum(clients, Series::good, bins))});
  columns.push_back({"served", "request/s", "requests served", rate(sum(clients, Series::served, bins))});
  columns.push_back({"tokens_per_s", "token/s", "tokens delivered", rate(sum(clients, Series::tokens, bins))});
  columns.push_back({"failovers", "1", "lost parts of chains in the bin", sum(clients, Series::failovers, bins)});
  columns.push_back({"utilisation", "1", "share of serving time spent computing", utilisation});
  return columns;
}

}  // namespace orrery::sim::serving
