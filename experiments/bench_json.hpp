// Results of `orrery bench` in the form of Google Benchmark's JSON (context and a list of benchmarks), so that the same
// tools read them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace orrery::experiments {

struct BenchResult {
  std::string name;                                      // "scale/1000000"
  double cpu_s = 0;                                      // of one iteration
  std::vector<std::pair<std::string, double>> counters;  // "events_per_second" -> 2.4e6
};

std::string bench_json(const std::string& program, const std::vector<BenchResult>& results);
// Writes it to `path`; InputError if that cannot be.
void write_bench_json(const std::string& path, const std::string& program, const std::vector<BenchResult>& results);

}  // namespace orrery::experiments
