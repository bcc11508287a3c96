#include "experiments/bench_kernels.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <regex>
#include <sstream>

#include <fmt/format.h>

#include "experiments/bench_child.hpp"
#include "experiments/bench_json.hpp"
#include "experiments/bench_layer.hpp"
#include "kernels/contract.hpp"
#include "kernels/cpu.hpp"

namespace orrery::experiments {
namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// The rows of `orrery bench layer`: shares of what this machine can do, against the shares of llama.cpp.
std::vector<KernelRow> layers() {
  constexpr int rounds = 5;
  std::vector<KernelRow> out;
  for (const BenchRow& row : layer_rows(rounds))
    out.push_back({row.name, row.peer, row.us * 1e-6, row.us * 1e-6 * row.ratio, row.must, "", ""});
  return out;
}

std::vector<KernelCase> all_cases() {
  std::vector<KernelCase> out{{"decoder layer and attention", layers}};
  for (const auto& cases : {gemm_cases(), gemm_int8_cases(), gemv_cases()})
    out.insert(out.end(), cases.begin(), cases.end());
  return out;
}

std::vector<KernelCase> matching(const std::string& only) {
  std::vector<KernelCase> cases = all_cases();
  try {
    const std::regex wanted(only);
    std::erase_if(cases, [&](const KernelCase& c) { return !std::regex_search(c.name, wanted); });
  } catch (const std::regex_error& error) {
    throw InputError(input_message("--only", "'" + only + "' is no regular expression", error.what()));
  }
  if (!cases.empty()) return cases;
  std::string names;
  for (const KernelCase& c : all_cases()) names += "\n  " + c.name;
  throw InputError(input_message("--only", "'" + only + "' matches no case", "the cases are" + names));
}

enum class Verdict { met, missed, absent, wrong };

Verdict verdict(const KernelRow& row) {
  if (!row.wrong.empty()) return Verdict::wrong;
  if (!row.absent.empty()) return Verdict::absent;
  return row.peer_seconds / row.seconds >= row.must ? Verdict::met : Verdict::missed;
}

void print(const KernelRow& row) {
  const Verdict what = verdict(row);
  if (what == Verdict::wrong || what == Verdict::absent) {
    fmt::print("{:<38} {:<24} {}\n", row.name, row.peer,
               what == Verdict::wrong ? "WRONG: " + row.wrong : "peer absent: " + row.absent);
  } else {
    fmt::print("{:<38} {:<24} {:>11.1f} {:>11.1f} {:>7.3f} {:>5.2f}  {}\n", row.name, row.peer, row.seconds * 1e6,
               row.peer_seconds * 1e6, row.peer_seconds / row.seconds, row.must,
               what == Verdict::met ? "met" : "MISSED");
  }
  std::fflush(stdout);
}

BenchResult result(const KernelRow& row) {
  return {"kernels/" + row.name + "/" + row.peer,
          row.seconds,
          {{"peer_time", row.peer_seconds},
           {"ratio", row.peer_seconds / row.seconds},
           {"must", row.must},
           {"met", verdict(row) == Verdict::met ? 1 : 0}}};
}

// Rows on their way from the child: a field a line.
std::string to_text(const std::vector<KernelRow>& rows) {
  std::string text;
  for (const KernelRow& row : rows)
    text += fmt::format("{}\n{}\n{:.17g}\n{:.17g}\n{:.17g}\n{}\n{}\n", row.name, row.peer, row.seconds,
                        row.peer_seconds, row.must, row.absent, row.wrong);
  return text;
}
std::vector<KernelRow> from_text(const std::string& text) {
  std::vector<KernelRow> rows;
  std::istringstream in(text);
  for (KernelRow row; std::getline(in, row.name); rows.push_back(row)) {
    std::string seconds, peer_seconds, must;
    std::getline(in, row.peer), std::getline(in, seconds), std::getline(in, peer_seconds), std::getline(in, must);
    std::getline(in, row.absent), std::getline(in, row.wrong);
    row.seconds = std::stod(seconds), row.peer_seconds = std::stod(peer_seconds), row.must = std::stod(must);
  }
  return rows;
}

std::vector<KernelRow> measure(const KernelCase& c) {
  try {
    return from_text(in_child(c.environment, [&] { return to_text(c.measure()); }));
  } catch (const RunError& error) {
    KernelRow row{.name = c.name, .peer = "-"};
    row.wrong = error.what();
    return {row};
  }
}

}  // namespace

std::vector<double> interleaved(int rounds, const std::vector<std::function<void()>>& functions) {
  std::vector<std::vector<double>> times(functions.size());
  for (int round = 0; round <= rounds; ++round) {
    for (std::size_t f = 0; f < functions.size(); ++f) {
      const double start = cpu_seconds();
      functions[f]();
      if (round > 0) times[f].push_back(cpu_seconds() - start);
    }
  }
  std::vector<double> medians;
  for (auto& list : times) {
    std::sort(list.begin(), list.end());
    medians.push_back(list[list.size() / 2]);
  }
  return medians;
}

int rounds_for(double seconds_each) { return static_cast<int>(std::clamp(1.0 / seconds_each, 5.0, 25.0)); }

int bench_kernels(const std::string& only, const std::string& json) {
  const std::vector<KernelCase> cases = matching(only);
  fmt::print("Kernels on {}: medians of interleaved rounds, microseconds of CPU time; ratio = peer / ours.\n",
             kernels::name(kernels::best_isa()));
  fmt::print("{:<38} {:<24} {:>11} {:>11} {:>7} {:>5}  {}\n", "case", "peer", "ours", "peer's", "ratio", "must",
             "verdict");
  std::array<int, 4> count{};
  std::vector<BenchResult> results;
  for (const KernelCase& c : cases) {
    for (const KernelRow& row : measure(c)) {
      print(row);
      const Verdict what = verdict(row);
      ++count[static_cast<std::size_t>(what)];
      if (what == Verdict::met || what == Verdict::missed) results.push_back(result(row));
    }
  }
  const auto [met, missed, absent, wrong] = count;
  fmt::print("{} rows: {} met, {} missed, {} wrong, {} without their peer\n", met + missed + absent + wrong, met,
             missed, wrong, absent);
  if (!json.empty()) write_bench_json(json, "orrery bench kernels", results);
  return missed + wrong == 0 ? 0 : 1;
}

}  // namespace orrery::experiments
