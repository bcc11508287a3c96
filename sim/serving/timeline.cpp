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

std::size_t bins_until(double period, Time end) {
  return static_cast<std::size_t>(std::max<std::int64_t>(1, (end.ns() - 1) / Duration::from_seconds(period).ns() + 1));
}

// The last bin may be cut short.
double width(std::size_t bin, double period, Time end) {
  return std::min(period, end.seconds() - period * static_cast<double>(bin));
}

}  // namespace

std::vector<Time> bin_middles(double period, Time end) {
  std::vector<Time> middles(bins_until(period, end));
  for (std::size_t i = 0; i < middles.size(); ++i) {
    middles[i] = Time::from_seconds(period * static_cast<double>(i) + 0.5 * width(i, period, end));
  }
  return middles;
}

std::vector<Column> timeline_columns(const Bins& b, double period, Time end) {
  const std::size_t bins = bins_until(period, end);
  std::vector<double> time(bins), utilisation(bins);
  const auto fit = [bins](std::vector<double> x) {
    x.resize(bins, 0.0);
    return x;
  };
  const auto rate = [&](const std::vector<double>& sums) {
    std::vector<double> x = fit(sums);
    for (std::size_t i = 0; i < bins; ++i) x[i] /= width(i, period, end);
    return x;
  };
  const std::vector<double> live = fit(b.live), busy = fit(b.busy);
  for (std::size_t i = 0; i < bins; ++i) {
    time[i] = period * static_cast<double>(i);
    utilisation[i] = live[i] > 0 ? busy[i] / live[i] : 0;
  }
  std::vector<Column> columns;
  columns.push_back({"time", "s", "beginning of the bin", time});
  columns.push_back({"live_nodes", "node", "nodes serving blocks, averaged over the bin", rate(live)});
  columns.push_back({"covered_blocks", "block", "blocks with a server in the middle of the bin", fit(b.covered)});
  columns.push_back({"running_requests", "request", "requests between arrival and end, averaged", rate(b.running)});
  columns.push_back({"goodput", "request/s", "requests served within the objective", rate(b.good)});
  columns.push_back({"served", "request/s", "requests served", rate(b.served)});
  columns.push_back({"tokens_per_s", "token/s", "tokens delivered", rate(b.tokens)});
  columns.push_back({"failovers", "1", "lost parts of chains in the bin", fit(b.failovers)});
  columns.push_back({"utilisation", "1", "share of serving time spent computing", utilisation});
  return columns;
}

std::vector<Column> timeline_columns(const Cast& cast, Time end) {
  const double period = cast.scenario().experiment.sample_period_s;
  const std::size_t bins = bins_until(period, end);
  const auto& clients = cast.clients();
  Bins b;
  b.live = sum(cast.nodes(), Series::live, bins);
  b.busy = sum(cast.nodes(), Series::busy, bins);
  b.running = sum(clients, Series::running, bins);
  b.tokens = sum(clients, Series::tokens, bins);
  b.served = sum(clients, Series::served, bins);
  b.good = sum(clients, Series::good, bins);
  b.failovers = sum(clients, Series::failovers, bins);
  b.covered = covered(cast, bin_middles(period, end));
  return timeline_columns(b, period, end);
}

}  // namespace orrery::sim::serving
