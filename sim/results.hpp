// What a run returns: named numbers with units, never files. experiments/ writes them to HDF5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace orrery::sim {

struct Metric {
  std::string name;  // "ttft_p50"
  std::string unit;  // "s"
  std::string what;  // one sentence
  double value = 0;  // NaN: not defined in this run (no request finished, say)
};

// A column of a table; all columns of a table have the same length.
struct Column {
  std::string name;
  std::string unit;
  std::string what;
  std::vector<double> values;
};

// One thing that took virtual time, for the timeline viewer.
struct TraceSpan {
  std::string track;  // "node 17", "client 3"
  std::string name;   // "prefill 4x128", "decode 8", "down"
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
};

struct RunResult {
  std::vector<Metric> metrics;
  std::vector<Column> requests;    // one row per request, in order of its id
  std::vector<Column> timeline;    // one row per sampling interval; first column "time" [s]
  std::vector<std::string> texts;  // execution = real: what each request's user received, in order of its id
  std::vector<TraceSpan> trace;    // empty unless asked for
};

}  // namespace orrery::sim
