#include "experiments/rows/sharing.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>

#include <fmt/format.h>

#include "sim/network/flows.hpp"
#include "sim/random.hpp"

namespace orrery::experiments::rows {
namespace {

using sim::Bytes;
using sim::BytesPerSecond;
using sim::Time;
using sim::network::Flows;
using sim::network::Path;

constexpr double link_rate = 125e6;  // [byte/s]
constexpr double done_below = 1e-3;  // [byte]: what rounding leaves of a flow that has ended

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

FlowLoad flow_load(std::uint32_t flows, double over_s, std::uint64_t seed) {
  const std::uint32_t hosts = flows / 4;
  FlowLoad load{std::vector<BytesPerSecond>(2 * hosts, BytesPerSecond(link_rate)), {}, {}, {}};
  sim::Draw draw(seed, sim::Stream::test, 0);
  for (std::uint32_t f = 0; f < flows; ++f) {
    const auto from = static_cast<std::uint32_t>(draw.below(hosts));
    const auto to = hosts + static_cast<std::uint32_t>(draw.below(hosts));
    load.paths.push_back(Path::over(from, to));
    load.bytes.push_back(draw.uniform(1e6, 20e6));
    load.starts.push_back(Time::from_seconds(over_s * draw.uniform()));
  }
  std::sort(load.starts.begin(), load.starts.end());
  return load;
}

std::vector<double> windowed_ends(const FlowLoad& load) {
  Flows flows = Flows::windowed(load.capacities);
  std::vector<Flows::Completion> done;
  for (std::size_t f = 0; f < load.paths.size(); ++f) {
    flows.advance(load.starts[f], done);
    flows.start(f, load.paths[f], Bytes(load.bytes[f]));
  }
  while (flows.active() > 0) flows.advance(flows.next(), done);
  std::vector<double> ends(load.paths.size(), std::nan(""));
  for (const auto& [time, id] : done) ends[id] = time.seconds();
  return ends;
}

std::vector<double> exact_ends(const FlowLoad& load) {
  const std::size_t n = load.paths.size();
  sim::network::MaxMin solver(load.capacities);
  std::vector<double> left = load.bytes;
  std::vector<double> ends(n, std::nan(""));
  std::vector<std::size_t> active;
  std::vector<Path> paths;
  std::size_t started = 0;
  for (double now = 0; started < n || !active.empty();) {
    while (started < n && load.starts[started].seconds() <= now) active.push_back(started++);
    paths.clear();
    for (const std::size_t f : active) paths.push_back(load.paths[f]);
    std::vector<double> rates(active.size());
    solver.solve(paths, rates);
    double next = started < n ? load.starts[started].seconds() : std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < active.size(); ++i) next = std::min(next, now + left[active[i]] / rates[i]);
    for (std::size_t i = 0; i < active.size(); ++i) left[active[i]] -= rates[i] * (next - now);
    now = next;
    std::erase_if(active, [&](std::size_t f) { return left[f] < done_below ? ends[f] = now, true : false; });
  }
  return ends;
}

std::string sharing_text() {
  struct Case {
    std::uint32_t flows;
    double over_s;
    bool exact;  // solving at every event takes minutes with many flows
  };
  std::string text = "flows\tover_s\tmean_error\tworst_error\tus_per_completion\n";
  for (const Case& c : {Case{1000, 0, true}, Case{1000, 1, true}, Case{1000, 4, true}, Case{10000, 0, false},
                        Case{10000, 0.5, false}}) {
    const FlowLoad load = flow_load(c.flows, c.over_s, 1);
    const double begin = cpu_seconds();
    const std::vector<double> ends = windowed_ends(load);
    const double us = 1e6 * (cpu_seconds() - begin) / c.flows;
    double sum = c.exact ? 0 : std::nan("");
    double worst = sum;
    const std::vector<double> exact = c.exact ? exact_ends(load) : std::vector<double>();
    for (std::size_t f = 0; f < exact.size(); ++f) {
      const double error = std::fabs(ends[f] - exact[f]) / (exact[f] - load.starts[f].seconds());
      sum += error;
      worst = std::max(worst, error);
    }
    text += fmt::format("{}\t{}\t{:.6g}\t{:.6g}\t{:.4g}\n", c.flows, c.over_s, sum / c.flows, worst, us);
  }
  return text;
}

std::string flows_text(std::uint32_t flows, double over_s) {
  const FlowLoad load = flow_load(flows, over_s, 1);
  const std::vector<double> windowed = windowed_ends(load), exact = exact_ends(load);
  const auto hosts = static_cast<std::uint32_t>(load.capacities.size() / 2);
  std::string text = "from\tto\tstart_s\tbytes\twindowed_s\texact_s\n";
  for (std::size_t f = 0; f < load.paths.size(); ++f) {
    text += fmt::format("{}\t{}\t{:.9f}\t{:.17g}\t{:.9f}\t{:.9f}\n", load.paths[f].links[0],
                        load.paths[f].links[1] - hosts, load.starts[f].seconds(), load.bytes[f], windowed[f], exact[f]);
  }
  return text;
}

}  // namespace orrery::experiments::rows
