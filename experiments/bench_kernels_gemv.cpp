// Products with one row, against how fast this core reads the same weights; and two threads against one.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <ctime>
#include <memory>

#include <fmt/format.h>
#include <omp.h>

#include "experiments/bench_kernels.hpp"
#include "experiments/bench_products.hpp"
#include "experiments/bench_read.hpp"

namespace orrery::experiments {
namespace {

using kernels::Matrix;
using kernels::PackedMatrix;
using kernels::WeightType;
using kernels::Workspace;

// As many copies as go beyond every cache.
std::vector<PackedMatrix> copies(const Matrix& w, WeightType type) {
  std::vector<PackedMatrix> out;
  for (std::size_t bytes = 0; bytes < (180U << 20U); bytes += out.back().bytes()) out.emplace_back(w, type);
  return out;
}

std::vector<KernelRow> against_reading(WeightType type, double must) {
  constexpr int k = 4096, n = 4096;
  const Matrix x = numbers(1, k, 1), w = numbers(n, k, 2);
  const std::vector<PackedMatrix> weights = copies(w, type);
  Matrix y(1, n);
  Workspace workspace;
  std::vector<std::function<void()>> runs{[&] {
    for (const PackedMatrix& each : weights) kernels::gemm(x, each, y, workspace);
  }};
  for (const int streams : {1, 2, 4, 8}) {
    runs.emplace_back([&weights, streams] {
      for (const PackedMatrix& each : weights) read_memory(each.data(), each.bytes(), streams);
    });
  }
  const auto times = interleaved(15, runs);
  const double reading = *std::min_element(times.begin() + 1, times.end());
  const double bytes = static_cast<double>(weights[0].bytes()) * static_cast<double>(weights.size());
  return {{fmt::format("{} GEMV {}x{}", kernels::name(type), k, n),
           fmt::format("reading, {:.1f} GB/s", bytes / reading * 1e-9), times[0], reading, must, "",
           differs_from_twin(x, w, type, y)}};
}

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// CPU time of the busiest of `threads` threads: what the clock on the wall would show if each had a core to itself.
double critical_path(int threads, const std::function<void()>& run) {
  std::vector<double> spent(static_cast<std::size_t>(threads));
  const auto note = [&](double sign) {
#pragma omp parallel num_threads(threads)
    spent[static_cast<std::size_t>(omp_get_thread_num())] += sign * thread_seconds();
  };
  note(-1);
  run();
  note(1);
  return *std::max_element(spent.begin(), spent.end());
}

std::vector<KernelRow> against_one_thread(WeightType type, int m, double must) {
  constexpr int k = 4096, n = 4096;
  const Matrix x = numbers(m, k, 1), w = numbers(n, k, 2);
  const PackedMatrix packed(w, type);
  Matrix one_y(m, n), two_y(m, n);
  Workspace one({kernels::best_isa(), 1}), two({kernels::best_isa(), 2});
  std::array<std::vector<double>, 2> times;
  for (int round = 0; round < 25; ++round) {
    times[0].push_back(critical_path(1, [&] { kernels::gemm(x, packed, one_y, one); }));
    times[1].push_back(critical_path(2, [&] { kernels::gemm(x, packed, two_y, two); }));
  }
  for (auto& list : times) std::sort(list.begin(), list.end());
  const bool same = std::memcmp(one_y.data(), two_y.data(), one_y.size() * sizeof(float)) == 0;
  return {{fmt::format("{} two threads {}", kernels::name(type), text({m, k, n})), "one thread",
           times[1][times[1].size() / 2], times[0][times[0].size() / 2], must, "",
           same ? differs_from_twin(x, w, type, two_y) : "two threads give other bits than one"}};
}

}  // namespace

std::vector<KernelCase> gemv_cases() {
  std::vector<KernelCase> out;
  for (const auto& [type, must] : {std::pair(WeightType::fp32, 0.95),
                                   {WeightType::bf16, 0.95},
                                   {WeightType::int8, 0.95},
                                   {WeightType::int4, 0.75}}) {
    const std::string name = kernels::name(type);
    out.push_back({name + " GEMV", [type = type, must = must] { return against_reading(type, must); }});
  }
  for (const WeightType type : {WeightType::fp32, WeightType::int8}) {
    const std::string name = std::string(kernels::name(type)) + " two threads";
    out.push_back({name + " m=1", [type] { return against_one_thread(type, 1, 1.9); }});
    out.push_back({name + " m=128", [type] { return against_one_thread(type, 128, 1.8); }});
  }
  return out;
}

}  // namespace orrery::experiments
