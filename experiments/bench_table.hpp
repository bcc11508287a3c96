// The table that benchmarks print, with a verdict a row, and the clocks that they read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "experiments/bench_json.hpp"

namespace orrery::experiments {

struct BenchRow {
  std::string name;     // the case
  std::string peer;     // what it is held against
  double us = 0;        // our time, median over the rounds
  double ratio = 0;     // against the peer, above 1 is better; median over the rounds
  double must = 0;      // the least ratio; 0: none asked
  std::string measure;  // what the ratio is made of, as measured: "81 GF/s of 112"
};

// Prints the rows; true if every row reaches its `must`.
bool print_bench_rows(const std::vector<BenchRow>& rows);
// The same as results, by the names "PREFIX/case": the ratio, and where one is asked, must and met (0 or 1).
std::vector<BenchResult> bench_results(const std::string& prefix, const std::vector<BenchRow>& rows);

double median(std::vector<double> values);

// CPU time of this process, which does not run while others have the core.
double process_cpu_s();
// Resident memory of this process; NaN where the system does not tell.
double resident_bytes();
// Of it, what the kernel has put on huge pages; NaN where it does not say. Rates of large models hang on it.
double huge_page_bytes();
// The longest CPU time that any of `threads` OpenMP threads spends in `work`, which uses that many: its wall time on
// cores of its own.
double longest_thread_cpu_s(int threads, const std::function<void()>& work);

}  // namespace orrery::experiments
