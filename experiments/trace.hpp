// The virtual timeline of a run as Chrome trace JSON, which Perfetto (https://ui.perfetto.dev) opens.
#pragma once

#include <string>
#include <vector>

#include "sim/results.hpp"

namespace orrery::experiments {

// One process a kind of track ("node", "client"), one thread a track, in the order of their numbers; timestamps in
// virtual microseconds. Spans of a track that overlap without nesting get a further thread, since a thread can only
// show a stack.
std::string trace_json(const std::vector<sim::TraceSpan>& spans);

// Whether the bytes are what trace_json writes; for OutputFile.
bool is_trace(const std::string& bytes);

}  // namespace orrery::experiments
