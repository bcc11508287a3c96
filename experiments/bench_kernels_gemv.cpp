// Products with one row, against how fast this core reads the same weights; and two threads against one.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "experiments/bench_kernels.hpp"
#include "experiments/bench_products.hpp"
#include "experiments/bench_read.hpp"
#include "experiments/bench_table.hpp"

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

// One row reads its weights from memory, as decoding does; beside it stands how much more two threads read than one.
std::vector<KernelRow> against_one_thread(WeightType type, int m, double must) {
  constexpr int k = 4096, n = 4096;
  const Matrix x = numbers(m, k, 1), w = numbers(n, k, 2);
  std::vector<PackedMatrix> weights;
  if (m == 1)
    weights = copies(w, type);
  else
    weights.emplace_back(w, type);
  Matrix one_y(m, n), two_y(m, n);
  Workspace one({kernels::best_isa(), 1}), two({kernels::best_isa(), 2});
  const auto multiply = [&](Matrix& y, Workspace& workspace) {
    for (const PackedMatrix& each : weights) kernels::gemm(x, each, y, workspace);
  };
  std::vector<double> alone, together, reading;
  for (int round = 0; round < 25; ++round) {
    alone.push_back(longest_thread_cpu_s(1, [&] { multiply(one_y, one); }));
    together.push_back(longest_thread_cpu_s(2, [&] { multiply(two_y, two); }));
    if (m == 1) reading.push_back(reading_gain(weights));
  }
  const bool same = std::memcmp(one_y.data(), two_y.data(), one_y.size() * sizeof(float)) == 0;
  return {{fmt::format("{} two threads {}", kernels::name(type), text({m, k, n})),
           m == 1 ? fmt::format("one thread; reading {:.2f}", median(reading)) : "one thread", median(together),
           median(alone), must, "",
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
