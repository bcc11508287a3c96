#include "experiments/bench_json.hpp"

#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "kernels/contract.hpp"

namespace orrery::experiments {

std::string bench_json(const std::string& program, const std::vector<BenchResult>& results) {
  std::string text =
      fmt::format("{{\n  \"context\": {{\"executable\": \"{}\", \"num_cpus\": {}}},\n  \"benchmarks\": [", program,
                  std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const BenchResult& r = results[i];
    text += fmt::format(
        "{}\n    {{\"name\": \"{}\", \"run_name\": \"{}\", \"run_type\": \"iteration\", \"iterations\": 1, "
        "\"real_time\": {:.9e}, \"cpu_time\": {:.9e}, \"time_unit\": \"s\"",
        i > 0 ? "," : "", r.name, r.name, r.cpu_s, r.cpu_s);
    for (const auto& [name, value] : r.counters) text += fmt::format(", \"{}\": {:.9e}", name, value);
    text += "}";
  }
  return text + "\n  ]\n}\n";
}

void write_bench_json(const std::string& path, const std::string& program, const std::vector<BenchResult>& results) {
  std::ofstream out(path, std::ios::binary);
  out << bench_json(program, results);
  out.close();
  VALIDATE(out.good(), path, "cannot be written", "--json names it", "Check the folder and its permissions.");
}

}  // namespace orrery::experiments
