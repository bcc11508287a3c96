// `orrery bench kernels`: our kernels beside the best of others, or beside what the machine can do, in the same rounds.
//
// A case measures some rows; every row says what it was compared with, both times, and what had to be reached. A case
// checks its answers (ours against the naive twin bit for bit, a peer's within its rounding) before it gives times.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace orrery::experiments {

struct KernelRow {
  std::string name, peer;
  double seconds = 0, peer_seconds = 0;  // medians of interleaved rounds; ratio = peer / ours
  double must = 1;                       // least ratio
  std::string absent;                    // why there is no peer to compare with; empty: there was one
  std::string wrong;                     // what is wrong with an answer; empty: both are right
};

struct KernelCase {
  std::string name;                                                   // what --only matches
  std::function<std::vector<KernelRow>()> measure;                    // called in a process of its own
  std::vector<std::pair<std::string, std::string>> environment = {};  // of that process
};

// The cases of this program, by the files that define them.
std::vector<KernelCase> gemm_cases();       // bench_kernels_gemm.cpp
std::vector<KernelCase> gemm_int8_cases();  // bench_kernels_int8.cpp
std::vector<KernelCase> gemv_cases();       // bench_kernels_gemv.cpp

// Runs and prints the cases whose names contain a match of `only` (all where it is empty; InputError where it is no
// regular expression or matches nothing). 0: every row with a peer reached what it had to; 1: one did not, or an answer
// was wrong. Rows without a peer are named as such and counted apart. `json`, where not empty: a file for the rows with
// both times (bench_json.hpp).
int bench_kernels(const std::string& only, const std::string& json = {});

// Seconds of each function, by rounds: every round calls each once, in order; one round before is not counted. Medians.
// CPU time of this thread, so that a loaded machine disturbs less; the functions use no other thread.
std::vector<double> interleaved(int rounds, const std::vector<std::function<void()>>& functions);
// So many rounds that they take about a second, between 5 and 25.
int rounds_for(double seconds_each);

}  // namespace orrery::experiments
