// Request traces: CSV with a header line, gzipped or not, in one of two formats.
//   TIMESTAMP,ContextTokens,GeneratedTokens   Azure's public LLM traces ("2023-11-16 18:15:46.6805900"; UTC)
//   arrival_s,prompt_tokens,output_tokens     seconds from the start of the run
#pragma once

#include <string>
#include <vector>

#include "sim/units.hpp"

namespace orrery::sim::workload {

struct TraceRow {
  double arrival_s = 0;  // Azure: since the first row
  Tokens prompt = 1, output = 1;
};

// InputError at file:line for another header, a line that cannot be read, arrivals that go back in time and token
// counts below one; InputError for a file without requests.
std::vector<TraceRow> read_request_trace(const std::string& path);

// Seconds since 1970-01-01 of "YYYY-MM-DD hh:mm:ss[.fraction]", in whole seconds and the fraction; false if it is not
// one.
bool parse_timestamp(std::string_view text, std::int64_t& seconds, double& fraction);

}  // namespace orrery::sim::workload
