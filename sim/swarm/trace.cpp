#include "sim/swarm/trace.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

#include "kernels/contract.hpp"
#include "sim/csv.hpp"

namespace orrery::sim::swarm {
namespace {

struct Columns {
  std::size_t node = 0, start = 0, end = 0;
};

Columns read_header(CsvReader& csv) {
  VALIDATE(csv.next(), csv.place(), "is empty", "a session trace begins with the line node,start_s,end_s");
  const auto column = [&](std::string_view name) {
    const auto found = std::find(csv.cells().begin(), csv.cells().end(), name);
    if (found == csv.cells().end()) {
      csv.fail("has no column '" + std::string(name) + "'", "a session trace begins with the line node,start_s,end_s");
    }
    return static_cast<std::size_t>(found - csv.cells().begin());
  };
  return {column("node"), column("start_s"), column("end_s")};
}

// Virtual time holds a little more.
constexpr double longest_s = 4e9;

TraceSession read_session(const CsvReader& csv, const Columns& columns) {
  const TraceSession s{csv.real(columns.start, "start_s"), csv.real(columns.end, "end_s"), 0};
  if (s.start_s < 0) csv.fail("'start_s' is negative", "times count from the start of the trace");
  if (s.end_s <= s.start_s) csv.fail("'end_s' is not after 'start_s'", "a session takes time");
  if (s.end_s > longest_s) csv.fail("'end_s' is beyond 4e9 s", "times are seconds from the start of the trace");
  return s;
}

}  // namespace

SessionTrace read_session_trace(const std::string& path) {
  CsvReader csv(path);
  const Columns columns = read_header(csv);
  SessionTrace trace;
  std::map<std::int64_t, std::size_t> index;
  while (csv.next()) {
    const std::int64_t node = csv.integer(columns.node, "node");
    const TraceSession session = read_session(csv, columns);
    const auto [found, first] = index.emplace(node, trace.hosts.size());
    if (first) trace.hosts.emplace_back();
    auto& sessions = trace.hosts[found->second];
    if (!sessions.empty() && session.start_s < sessions.back().end_s) {
      const bool later = session.end_s > sessions.back().start_s;
      csv.fail("node " + std::to_string(node) + (later ? " is on line already" : " goes back in time"),
               later ? "sessions of one node must not overlap" : "sessions of one node must be in order");
    }
    sessions.push_back(session);
  }
  VALIDATE(!trace.hosts.empty(), path, "has no sessions", "nobody would ever be on line");
  return trace;
}

SessionTrace SessionTrace::from(double start_s, double scale) const {
  EXPECT(start_s >= 0 && scale > 0);
  SessionTrace shifted;
  for (const auto& sessions : hosts) {
    auto& kept = shifted.hosts.emplace_back();
    for (const TraceSession& s : sessions) {
      if (s.end_s <= start_s) continue;
      const double start = s.start_s - start_s;
      kept.push_back({std::max(0.0, start) * scale, (s.end_s - start_s) * scale, std::max(0.0, -start) * scale});
    }
  }
  return shifted;
}

}  // namespace orrery::sim::swarm
