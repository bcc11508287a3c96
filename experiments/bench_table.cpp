#include "experiments/bench_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <omp.h>
#include <unistd.h>

#include "kernels/contract.hpp"

namespace orrery::experiments {
namespace {

double seconds(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

bool asked(const BenchRow& row) { return row.must > 0; }
bool reached(const BenchRow& row) { return row.ratio >= row.must; }

}  // namespace

bool print_bench_rows(const std::vector<BenchRow>& rows) {
  fmt::print("{:<38} {:<34} {:>11} {:>7} {:>6}  {:<7} {}\n", "case", "peer", "us", "ratio", "must", "verdict",
             "measured");
  bool all = true;
  for (const BenchRow& row : rows) {
    all = all && (!asked(row) || reached(row));
    fmt::print("{:<38} {:<34} {:>11.1f} {:>7.2f} {:>6}  {:<7} {}\n", row.name, row.peer, row.us, row.ratio,
               asked(row) ? fmt::format("{:.2f}", row.must) : "-",
               !asked(row)    ? "-"
               : reached(row) ? "met"
                              : "MISSED",
               row.measure);
  }
  return all;
}

std::vector<BenchResult> bench_results(const std::string& prefix, const std::vector<BenchRow>& rows) {
  std::vector<BenchResult> results;
  for (const BenchRow& row : rows) {
    results.push_back({prefix + "/" + row.name, row.us * 1e-6, {{"ratio", row.ratio}}});
    if (!asked(row)) continue;
    results.back().counters.emplace_back("must", row.must);
    results.back().counters.emplace_back("met", reached(row) ? 1 : 0);
  }
  return results;
}

double median(std::vector<double> values) {
  EXPECT(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double resident_bytes() {
  long total = 0, resident = 0;
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  const int fields = statm == nullptr ? 0 : std::fscanf(statm, "%ld %ld", &total, &resident);
  if (statm != nullptr) std::fclose(statm);
  return fields == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : std::nan("");
}

double huge_page_bytes() {
  std::ifstream maps("/proc/self/smaps_rollup");
  std::string name;
  for (double kib = 0; maps >> name;) {
    if (name == "AnonHugePages:" && maps >> kib) return 1024 * kib;
  }
  return std::nan("");
}

double process_cpu_s() { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

double longest_thread_cpu_s(int threads, const std::function<void()>& work) {
  std::vector<double> spent(static_cast<std::size_t>(threads));
  const auto note = [&](double sign) {
#pragma omp parallel num_threads(threads)
    spent[static_cast<std::size_t>(omp_get_thread_num())] += sign * seconds(CLOCK_THREAD_CPUTIME_ID);
  };
  note(-1);
  work();
  note(1);
  return *std::max_element(spent.begin(), spent.end());
}

}  // namespace orrery::experiments
