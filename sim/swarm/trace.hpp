// Session traces: CSV with a header line and the columns node,start_s,end_s (more are allowed and not read), gzipped or
// not. Rows of one node must not overlap and stand in order of time; nodes may be interleaved.
#pragma once

#include <string>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::swarm {

struct Session {
  Time join, leave;
  bool crash = false;  // vanishes without a word; otherwise it says good-bye
  Duration past;       // of a session that had begun before time 0: how long before; else zero
  friend bool operator==(const Session&, const Session&) = default;
};

struct TraceSession {
  double start_s = 0, end_s = 0;  // 0 <= start_s < end_s
  double past_s = 0;              // what of it lies before time 0
};

// Sessions by host, hosts in the order of their first row.
struct SessionTrace {
  std::vector<std::vector<TraceSession>> hosts;

  // Sessions from start_s on, counted from there and times `scale`; one that covers start_s begins at zero. Hosts that
  // never appear again keep their place with no sessions.
  SessionTrace from(double start_s, double scale) const;
};

// InputError at file:line for a line that cannot be read, a negative time, a session that ends before it begins, and
// rows of one node that overlap or are out of order; InputError for a file without sessions.
SessionTrace read_session_trace(const std::string& path);

}  // namespace orrery::sim::swarm
